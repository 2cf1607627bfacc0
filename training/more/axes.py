"""Which axes of which tensors belong together: the residual stream, an MLP's neurons, the heads.

`d` is the residual stream, `f` the hidden neurons of an MLP or expert, `q` queries' and `k` keys' and values' heads, `.` anything else.
"""

import re

from ..edits import LAYER

_AXES = [
    (r"(embed_tokens|wte|wpe|lm_head|token_embedding|position_embedding|shared|(?:text|visual)_projection)\.weight$|^head\.weight$", ".d"),
    (r"class_embedding$", "d"),
    (r"(patch_embedding|stem\.proj)\.weight$", "d..."),
    (r"(q_proj|Attention\.q)\.weight$", "qd"),
    (r"([kv]_proj|Attention\.[kv])\.weight$", "kd"),
    (r"q_proj\.bias$", "q"),
    (r"[kv]_proj\.bias$", "k"),
    (r"(o_proj|out_proj|Attention\.o)\.weight$", "dq"),
    (r"attn\.c_attn\.weight$", "d."),
    (r"attn\.c_proj\.weight$", ".d"),
    (r"mlp\.c_fc\.weight$", "df"),
    (r"mlp\.c_proj\.weight$", "fd"),
    (r"(gate_proj|up_proj|w1|w3|wi_[01]|(?:mlp|mlp_channels)\.fc1)\.weight$", "fd"),
    (r"(down_proj|w2|wo|(?:mlp|mlp_channels)\.fc2)\.weight$", "df"),
    (r"mlp_tokens\.fc1\.weight$", "f."),
    (r"mlp_tokens\.fc2\.weight$", ".f"),
    (r"(c_fc|fc1)\.bias$", "f"),
    (r"mlp_tokens\.fc2\.bias$", "."),
    (r"(c_proj|out_proj|fc2|stem\.proj)\.bias$", "d"),
    (r"block_sparse_moe\.gate\.weight$", ".d"),
    (r"(norm\w*|layrnorm|ln_\w)\.(weight|bias)$", "d"),
]
HEADS = "qk"


def axes(name):
    """The letters of a tensor's axes; None for a tensor that has none of them."""
    return next((letters for pattern, letters in _AXES if re.search(pattern, name)), None)


def group(name, letter):
    """Tensors of one group change together: everything of a tower for `d`, of a layer for heads, of an MLP or expert for `f`."""
    if letter == "d":
        return "text" if name.startswith("text_") else "vision" if name.startswith("vis") else "all"
    layer = LAYER.match(name)[0]
    if letter in HEADS:
        return layer
    part = re.search(r"experts\.\d+|mlp_\w+", name)
    return layer + (part[0] if part else "")


def widths(state, letter):
    """{group: length of the axis} of every group that has the letter."""
    found = {}
    for name, t in state.items():
        letters = axes(name)
        if letters and letter in letters:
            found[group(name, letter)] = t.shape[letters.index(letter)]
    return found


def take(state, letter, orders):
    """A state whose axes of one letter are picked by {group: indices}."""
    taken = {}
    for name, t in state.items():
        letters = axes(name)
        at = letters.index(letter) if letters and letter in letters else None
        taken[name] = t.clone() if at is None else t.index_select(at, orders[group(name, letter)])
    return taken
