"""The architectures, so that every tensor bears its true Hugging Face name: five by transformers' own classes here, more/ adds eight."""

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

from .more import architectures as more
from .pictures import SIZE

ARCHITECTURES = ["llama", "qwen2", "bert", "vit", "resnet", *more.CLASSES]
TEXT = {"llama", "qwen2", "bert"} | more.TEXT
CLASSES = {
    "llama": LlamaForCausalLM,
    "qwen2": Qwen2ForCausalLM,
    "bert": BertForMaskedLM,
    "vit": ViTForImageClassification,
    "resnet": ResNetForImageClassification,
    **more.CLASSES,
}

# Per split: hidden size, inner size, layers, vocabulary (text); hidden sizes and depths (ResNet).
SHAPES = {
    "fixtures": {
        "llama": (48, 128, 2, 384),
        "qwen2": (64, 128, 2, 320),
        "bert": (48, 128, 2, 320),
        "vit": (48, 128, 2),
        "resnet": ([12, 24, 40], [1, 1, 2]),
    },
    "dev": {
        "llama": (96, 224, 2, 512),
        "qwen2": (64, 192, 3, 640),
        "bert": (64, 192, 4, 448),
        "vit": (96, 192, 3),
        "resnet": ([24, 48, 64], [1, 2, 2]),
    },
    "test": {
        "llama": (64, 160, 4, 768),
        "qwen2": (96, 224, 3, 1024),
        "bert": (96, 256, 3, 576),
        "vit": (64, 224, 4),
        "resnet": ([32, 48, 80], [2, 1, 2]),
    },
    "dev-wide": {"llama": (256, 256, 2, 512)},
    "test-wide": {"llama": (256, 512, 1, 640), "qwen2": (256, 256, 2, 512)},
    **more.SHAPES,
}
SHAPES |= {split: SHAPES["dev"] for split in ("x1", "x2")}
HEADS = 4

# Which parameters learn in a partly frozen fine-tune, by the module's own names.
TRAINABLE = {
    "llama": {"head": r"lm_head|model\.norm", "upper": r"layers\.[1-9]|lm_head|model\.norm"},
    "qwen2": {"head": r"model\.norm|layers\.[1-9]\.mlp", "upper": r"layers\.[1-9]|model\.norm"},
    "bert": {"head": r"^cls\.", "upper": r"layer\.[1-9]|^cls\."},
    "vit": {"head": r"^classifier", "upper": r"layers\.[1-9]|^classifier|vit\.layernorm"},
    "resnet": {"head": r"^classifier", "upper": r"stages\.[12]|^classifier"},
    **more.TRAINABLE,
}

LORA_TARGETS = {
    "llama": {"attention": ["q_proj", "v_proj"], "all": "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj".split()},
    "qwen2": {"attention": ["q_proj", "v_proj"], "all": "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj".split()},
    "bert": {"attention": ["query", "value"], "all": r".*layer\.\d+\..*(query|key|value|dense)"},
    "vit": {"attention": ["q_proj", "v_proj"], "all": "q_proj k_proj v_proj o_proj fc1 fc2".split()},
    "resnet": {"attention": r".*stages\.[12]\..*layer\.\d+\.convolution", "all": r".*stages\..*\.convolution"},
    **more.LORA_TARGETS,
}


def _config(arch, split, initializer, labels):
    if arch in more.CLASSES:
        return more.config(arch, split, initializer, labels)
    shape = SHAPES[split][arch]
    if arch == "resnet":
        widths, depths = shape
        return ResNetConfig(embedding_size=widths[0], hidden_sizes=widths, depths=depths, layer_type="basic", num_labels=labels)
    common = dict(hidden_size=shape[0], intermediate_size=shape[1], num_hidden_layers=shape[2])
    common |= dict(num_attention_heads=HEADS, initializer_range=initializer)
    if arch == "vit":
        return ViTConfig(**common, image_size=SIZE, patch_size=4, num_labels=labels, hidden_dropout_prob=0.0)
    text = dict(common, vocab_size=shape[3], max_position_embeddings=128)
    if arch == "llama":
        return LlamaConfig(**text, num_key_value_heads=HEADS)
    if arch == "qwen2":
        return Qwen2Config(**text, num_key_value_heads=HEADS // 2, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)
    return BertConfig(**text, pad_token_id=0)


def fresh(arch, split, seed, initializer, labels=16):
    """A new network; `initializer` is the standard deviation (for ResNet its root is a factor on Kaiming's)."""
    torch.manual_seed(seed)
    model = CLASSES[arch](_config(arch, split, initializer, labels))
    if arch == "resnet":
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim == 4:
                    parameter.mul_((initializer / 0.02) ** 0.5)
    return model


def load(arch, folder, labels=None, seed=0):
    """The published model in float32; `labels` gives a picture model a new head of that size."""
    torch.manual_seed(seed)
    extra = dict(num_labels=labels, ignore_mismatched_sizes=True) if labels else {}
    return CLASSES[arch].from_pretrained(folder, dtype=torch.float32, **extra)
