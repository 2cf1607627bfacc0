"""Adapter files in the three ways of naming them: peft's, diffusers' and Kohya's.

Of each adapted matrix the manifest keeps its delta, scaling * B A, as peft computes it (for DoRA the low-rank part alone), and of
modules saved whole their values.
"""

from importlib.metadata import version

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from .make import settle
from .shelf import uneven

RANK, ALPHA = 4, 8
PEFT = {
    "plain": {"target_modules": ["q_proj", "v_proj"]},
    "rslora": {"target_modules": ["q_proj"], "use_rslora": True},
    "dora": {"target_modules": ["q_proj", "o_proj"], "use_dora": True},
    "pattern": {"target_modules": ["q_proj", "k_proj"], "rank_pattern": {"k_proj": 2}, "alpha_pattern": {"k_proj": 6}},
    "saved": {"target_modules": ["q_proj"], "modules_to_save": ["lm_head"]},
}
# Made-up modules of a diffusion model: (name, outputs, inputs).
MODULES = [
    ("unet", "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q", 24, 16),
    ("unet", "mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj", 32, 16),
    ("text_encoder", "text_model.encoder.layers.0.self_attn.q_proj", 16, 16),
]
KOHYA = {
    "ss_network_module": "networks.lora",
    "ss_network_dim": str(RANK),
    "ss_network_alpha": "2.0",
    "ss_sd_model_name": "v1-5-pruned-emaonly.safetensors",
    "ss_base_model_version": "sd_v1",
    "ss_output_name": "small-style",
    "modelspec.architecture": "stable-diffusion-v1/lora",
    "modelspec.title": "small-style",
}


def _peft(shelf, config, state, title, options):
    fields = ("hidden_size", "intermediate_size", "vocab_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    base = LlamaForCausalLM(LlamaConfig(**{field: config[field] for field in fields}))
    base.load_state_dict(state)
    base.name_or_path = "somebody/small-llama"
    torch.manual_seed(8)
    model = get_peft_model(base, LoraConfig(r=RANK, lora_alpha=ALPHA, init_lora_weights=False, **options))
    folder = shelf.root / "adapters" / title
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink()
    settle(folder)
    tensors = []
    for name, module in model.named_modules():
        short = name.removeprefix("base_model.model.")
        if hasattr(module, "get_delta_weight"):
            stored = [f"{name}.lora_A.weight", f"{name}.lora_B.weight"] + ([f"{name}.lora_magnitude_vector"] if title == "dora" else [])
            facts = {"delta": True, "rank": module.r["default"], "scaling": module.scaling["default"]}
            tensors.append((f"{short}.weight", stored, module.get_delta_weight("default").detach().numpy(), facts))
        elif isinstance(getattr(module, "modules_to_save", None), torch.nn.ModuleDict):
            values = module.modules_to_save["default"].weight.detach().numpy()
            tensors.append((f"{short}.weight", [f"{name}.weight"], values, {"delta": False}))
    shelf.add(f"adapters/{title}", "peft", title, f"peft {version('peft')}", tensors)


def _diffusion(shelf, title, naming, metadata):
    stored, tensors = {}, []
    for i, (part, module, outputs, inputs) in enumerate(MODULES):
        down, up = torch.from_numpy(uneven((RANK, inputs), 40 + i)), torch.from_numpy(uneven((outputs, 16), 50 + i))[:, :RANK].contiguous()
        names, alpha = naming(part, module)
        stored |= {names[0]: down, names[1]: up} | ({names[2]: torch.tensor(alpha)} if alpha else {})
        scaling = alpha / RANK if alpha else 1
        facts = {"delta": True, "rank": RANK, "scaling": scaling, "part": part}
        tensors.append((f"{module}.weight", names, (scaling * (up @ down)).numpy(), facts))
    path = f"adapters/{title}.safetensors"
    save_file(stored, shelf.root / path, metadata=metadata)
    shelf.add(path, "lora-file", title, "named as the tool names them", tensors)


def _kohya(part, module):
    name = f"lora_{'unet' if part == 'unet' else 'te'}_{module.replace('.', '_')}"
    return [f"{name}.lora_down.weight", f"{name}.lora_up.weight", f"{name}.alpha"], 2.0


def make(shelf, config, state):
    """Adds every adapter to the shelf; `config` and `state` are the base of peft's."""
    for title, options in PEFT.items():
        _peft(shelf, config, state, title, options)
    _diffusion(shelf, "kohya", _kohya, KOHYA)
    _diffusion(shelf, "diffusers", lambda part, module: ([f"{part}.{module}.lora_A.weight", f"{part}.{module}.lora_B.weight"], None), {"format": "pt"})
    older = lambda part, module: ([f"{part}.{module}.lora.down.weight", f"{part}.{module}.lora.up.weight"], None)
    _diffusion(shelf, "diffusers-old", older, {"format": "pt"})
