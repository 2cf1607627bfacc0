"""A mixture of experts grown from a dense model: every expert starts as its MLP (Komatsuzaki et al. 2023, "Sparse Upcycling")."""

import torch

from .architectures import EXPERTS

_EXPERT = {"gate_proj": "w1", "up_proj": "w3", "down_proj": "w2"}


def upcycle(config, state, jitter, seed):
    """Mixtral's config and tensors from Mistral's; `jitter` is noise on the experts, relative to their spread. Routers are new."""
    generator = torch.Generator().manual_seed(seed)
    grown = {}
    for name, t in state.items():
        if ".mlp." not in name:
            grown[name] = t.clone()
            continue
        layer, part = name.split(".mlp.")
        for expert in range(EXPERTS):
            noise = jitter * t.float().std() * torch.randn(t.shape, generator=generator)
            grown[f"{layer}.block_sparse_moe.experts.{expert}.{_EXPERT[part.split('.')[0]]}.weight"] = (t.float() + noise).to(t.dtype)
        router = f"{layer}.block_sparse_moe.gate.weight"
        grown.setdefault(router, (0.02 * torch.randn((EXPERTS, config["hidden_size"]), generator=generator)).to(t.dtype))
    kind = dict(architectures=["MixtralForCausalLM"], model_type="mixtral", num_local_experts=EXPERTS, num_experts_per_tok=2)
    return {**config, **kind}, grown
