"""Which tensors the papers mean by query, key, value, output and down projection, in the names of many architectures."""

import re

_QUERY = r"(?:q_proj|query|(?:Self|EncDec)Attention\.q|to_q|q_lin)"
_KEY = r"(?:k_proj|key|(?:Self|EncDec)Attention\.k|to_k|k_lin)"
_VALUE = r"(?:v_proj|value|(?:Self|EncDec)Attention\.v|to_v|v_lin)"
_OUTPUT = r"(?:o_proj|out_proj|attention\.output\.dense|(?:Self|EncDec)Attention\.o|to_out\.0|attn\.c_proj|out_lin)"
_DOWN = r"(?:down_proj|(?<!attention\.)output\.dense|fc2|mlp\.c_proj|DenseReluDense\.wo|w2)"
_FUSED = r"(?:c_attn|qkv|query_key_value)"
_ATTENTION = re.compile(rf"\b(?:{_QUERY}|{_KEY}|{_VALUE}|{_OUTPUT}|{_FUSED})(?:\.weight)?$")
_BY_ROLE = {role: re.compile(rf"\b{names}(?:\.weight)?$") for role, names in {"value": _VALUE, "output": _OUTPUT, "down": _DOWN}.items()}
_INNER = re.compile(r"\.\d+\.")


def is_matrix(name, tensor):
    """Matrices and filter banks of blocks: neither embedding nor head."""
    return len(tensor.shape) >= 2 and bool(_INNER.search(name)) and not name.startswith("classifier")


def is_square(tensor):
    """As many outputs as inputs; for filters, channels."""
    return len(tensor.shape) >= 2 and tensor.shape[0] == tensor.shape[1]


def of_role(models, *roles):
    """A test of (name, tensor) for the roles "attention", "value", "output", "down"; all inner matrices where the models have none of them."""
    patterns = [_ATTENTION if role == "attention" else _BY_ROLE[role] for role in roles]

    def match(name, tensor):
        return is_matrix(name, tensor) and any(pattern.search(name) for pattern in patterns)

    present = any(match(name, tensor) for model in models for name, tensor in model.tensors.items())
    return match if present else is_matrix
