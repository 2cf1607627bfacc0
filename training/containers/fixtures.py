"""Small reference files for the readers' tests: python -m training.containers.fixtures [--to test/fixtures/containers].

Each file or repository stands in manifest.json beside the float32 values that its reference reads from it.
"""

import argparse
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as T
from transformers import BertConfig, BertForMaskedLM, LlamaConfig, LlamaForCausalLM
from transformers.integrations import finegrained_fp8, metal_quantization
from transformers.utils import logging

from . import adapter_fixtures, fp8, gguf_files, kquants, mlx, onnx_files, packed, torch_files
from .shelf import Shelf, llama, uneven

LIMIT = 3_000_000
BLOCKS = [T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K, T.IQ4_NL, T.IQ4_XS, T.MXFP4]
LAYOUT = "packed by the published layout"


def _close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocks(shelf):
    """One GGUF file per block type, four rows of 512."""
    tool, w = f"gguf {version('gguf')}", uneven((4, 512), 1)
    for kind in BLOCKS:
        data, path = kquants.quantize(w, kind), f"gguf/{kind.name.lower()}.gguf"
        writer = gguf.GGUFWriter(shelf.root / path, "llama")
        writer.add_tensor("blk.0.ffn_down.weight", data, raw_dtype=kind)
        _close(writer)
        size, per = gguf.GGML_QUANT_SIZES[kind]
        made = tool if kind not in kquants.PACKERS else f"{LAYOUT}, read by {tool}"
        name = "model.layers.0.mlp.down_proj.weight"
        shelf.add(path, "gguf", kind.name, made, [(name, ["blk.0.ffn_down.weight"], gguf.quants.dequantize(data, kind), {})], per * 8 / size, size)


def experts(shelf):
    """A fused stack of experts, and a block type that readers may refuse by name."""
    tool = f"gguf {version('gguf')}"
    stack = np.stack([uneven((4, 256), 20 + i) for i in range(3)])
    for kind in (T.Q4_K, T.Q8_0, T.MXFP4):
        data, path = kquants.quantize(stack.reshape(12, 256), kind), f"gguf/experts-{kind.name.lower()}.gguf"
        writer = gguf.GGUFWriter(shelf.root / path, "llama")
        writer.add_expert_count(3)
        writer.add_tensor("blk.0.ffn_down_exps.weight", data.reshape(3, 4, -1), raw_dtype=kind)
        _close(writer)
        tensors = [("model.layers.0.mlp.experts.down_proj", ["blk.0.ffn_down_exps.weight"], gguf.quants.dequantize(data, kind).reshape(3, 4, 256), {})]
        shelf.add(path, "gguf", kind.name, tool, tensors)
    size = gguf.GGML_QUANT_SIZES[T.IQ2_XS][1]
    data = np.random.default_rng(3).integers(0, 256, (4, 2, size), dtype=np.uint8)
    data[:, :, :2] = np.array([0.01], np.float16).view(np.uint8)
    writer = gguf.GGUFWriter(shelf.root / "gguf/iq2_xs.gguf", "llama")
    writer.add_tensor("blk.0.ffn_down.weight", data.reshape(4, -1), raw_dtype=T.IQ2_XS)
    _close(writer)
    values = gguf.quants.dequantize(data.reshape(4, -1), T.IQ2_XS)
    shelf.add("gguf/iq2_xs.gguf", "gguf", "IQ2_XS", tool, [("model.layers.0.mlp.down_proj.weight", ["blk.0.ffn_down.weight"], values, {})], 2.3125, 256)


def whole_gguf(shelf, config, state):
    """Whole models: names, the permutation of q and k, key-values, a split file, version 2."""
    tool = f"gguf {version('gguf')}"
    bases = [("Small Llama", "somebody", "https://huggingface.co/somebody/small-llama")]
    plans = {
        "llama-f16": ("F16", {"name": "Small Llama"}, 0),
        "llama-q8_0": ("Q8_0", {"name": "Small Llama Chat", "quantized_by": "somebody", "base_model": bases}, 0),
        "llama-q4_k_m": ("Q4_K_M", {"name": "Small Llama Chat"}, 0),
        "llama-split": ("Q4_0", {"name": "Small Llama"}, 9),
    }
    for title, (scheme, facts, split) in plans.items():
        written = gguf_files.write(shelf.root / f"gguf/{title}.gguf", "llama", config, state, scheme, facts, split=split)
        tensors = [(name, [target], values, {"type": kind}) for name, (target, kind, values) in written.items()]
        paths = sorted(p.relative_to(shelf.root).as_posix() for p in (shelf.root / "gguf").glob(f"{title}*.gguf"))
        shelf.add(paths[0], "gguf", scheme, tool, tensors, parts=paths)
    older, newest = "gguf/llama-q8_0-v2.gguf", next(file for file in shelf.files if file["path"] == "gguf/llama-q8_0.gguf")
    raw = bytearray((shelf.root / newest["path"]).read_bytes())
    raw[4:8] = (2).to_bytes(4, "little")
    (shelf.root / older).write_bytes(raw)
    shelf.files.append({**newest, "path": older, "parts": [older], "made": f"{tool}, version number set to 2"})


def torches(shelf, config, state):
    """torch.save in its variants; values are what torch.load reads."""
    tool, small = f"torch {torch.__version__}", {name: t for name, t in state.items() if "mlp" not in name}
    names = list(small)
    half = {n: t.half() for n, t in small.items()}
    model = LlamaForCausalLM(LlamaConfig(**{k: config[k] for k in ("hidden_size", "intermediate_size", "vocab_size")}, num_hidden_layers=0))
    pairs = [("lm_head.weight", "model.embed_tokens.weight")]
    without = {n: t for n, t in half.items() if n != "lm_head.weight"}
    plans = {
        "zip": lambda f: torch_files.whole(f, small),
        "legacy": lambda f: torch_files.whole(f, small, legacy=True),
        "zip-float16": lambda f: torch_files.whole(f, half),
        "zip-bfloat16": lambda f: torch_files.whole(f, {n: t.bfloat16() for n, t in small.items()}),
        "zip-float64": lambda f: torch_files.whole(f, {n: small[n].double() for n in names[-2:]}),
        "zip-float8": lambda f: torch_files.whole(f, {names[1]: small[names[1]].to(torch.float8_e4m3fn)}),
        "sharded": lambda f: torch_files.sharded(f, half),
        "tied": lambda f: torch_files.whole(f, torch_files.tied(without, pairs)),
        "views": lambda f: torch_files.whole(f, torch_files.views(half)),
        "views-legacy": lambda f: torch_files.whole(f, torch_files.views(half), legacy=True),
        "module": lambda f: torch_files.whole(f, model.half().state_dict()),
        "parameters": lambda f: torch_files.whole(f, {n: torch.nn.Parameter(t) for n, t in half.items()}),
        "nested": lambda f: torch_files.whole(f, {"epoch": 3, "state_dict": half, "loss": 0.25}, name="model.pth"),
    }
    for title, save in plans.items():
        folder = shelf.root / "torch" / title
        folder.mkdir(parents=True)
        save(folder)
        (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
        tensors = []
        for file in sorted(p for p in folder.iterdir() if p.suffix in (".bin", ".pth")):
            loaded = torch.load(file, weights_only=True)
            for name, t in (loaded["state_dict"] if title == "nested" else loaded).items():
                facts = {"file": file.name, "type": str(t.dtype).removeprefix("torch.")}
                tensors.append((name, [name], t.detach().float().numpy(), facts))
        shelf.add(f"torch/{title}", "torch", tensors[0][3]["type"], tool, tensors)


def packs(shelf, config, state):
    """One repository per packed scheme; GPTQ with a Hessian of uneven inputs."""
    torch.manual_seed(6)
    hessians = {}
    for name, t in state.items():
        if t.ndim == 2:
            inputs = torch.randn(256, t.shape[1]) * torch.rand(t.shape[1]).add(0.05)
            hessians[name] = inputs.t() @ inputs / 256
    for key, scheme in packed.SCHEMES.items():
        if key.endswith("-128") or key == "mlx-4-64":
            continue  # wider than this model, or another's twin
        few = {name: t for name, t in state.items() if "gate_proj" not in name and "o_proj" not in name}  # kept small
        stored, values, places = packed.pack_state(few, key, hessians)
        packed.write(shelf.root / "packed" / key, config, stored, key)
        tensors = [(name, places[name], values[name].numpy(), {}) for name in few]
        shelf.add(f"packed/{key}", "safetensors", scheme.label, LAYOUT, tensors, scheme.bits, scheme.group, key=key)


def exports(shelf):
    """A little BERT exported; weights of MatMul are found transposed under other names."""
    torch.manual_seed(7)
    config = BertConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, vocab_size=48)
    config.update({"max_position_embeddings": 16, "_attn_implementation": "eager"})
    model = BertForMaskedLM(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape))
    ids = torch.randint(0, 48, (1, 8))
    for title, options in {"float32": {}, "float16": {"half": True}, "external": {"external": True}}.items():
        path = shelf.root / "onnx" / title / "onnx" / "model.onnx"
        onnx_files.export(model, (ids, torch.ones_like(ids)), path, **options)
        (path.parents[1] / "config.json").write_text(json.dumps(config.to_dict(), indent=1, sort_keys=True) + "\n")
        found = onnx_files.places(path, model.state_dict())
        tensors = [(name, [stored], values.numpy(), {"transposed": turned}) for name, (stored, turned, values) in found.items()]
        shelf.add(path.relative_to(shelf.root).as_posix(), "onnx", "F16" if options.get("half") else "F32", f"torch {torch.__version__}", tensors)


def prove_packed():
    """Raises unless transformers' own functions read MLX words and blocks of eight-bit floats alike."""
    w = torch.from_numpy(uneven((64, 128), 9))
    for bits in (4, 8):
        parts = mlx.pack(w, bits)
        read = metal_quantization._affine_dequantize_tensor(parts["weight"], parts["scales"], parts["biases"], 32, bits)
        torch.testing.assert_close(mlx.unpack(parts, bits), read, rtol=0, atol=0)
    parts = fp8.pack(w, per="block", block=32)
    reader = finegrained_fp8.Fp8Dequantize(None)
    read = reader._dequantize_one(parts["weight"], parts["weight_scale_inv"], output_dtype=torch.float32)
    torch.testing.assert_close(fp8.unpack(parts, 32), read, rtol=0, atol=0)


def main():
    parser = argparse.ArgumentParser(description="Makes the reference files of every weight container.")
    parser.add_argument("--to", type=Path, default=Path("test/fixtures/containers"))
    args = parser.parse_args()
    logging.set_verbosity_error()
    kquants.prove()
    prove_packed()
    shutil.rmtree(args.to, ignore_errors=True)
    for name in ("gguf", "torch", "packed", "onnx", "adapters"):
        (args.to / name).mkdir(parents=True)
    shelf = Shelf(args.to)
    config, state = llama()
    blocks(shelf)
    experts(shelf)
    whole_gguf(shelf, config, state)
    torches(shelf, config, state)
    packs(shelf, config, state)
    exports(shelf)
    adapter_fixtures.make(shelf, config, state)
    shelf.close()
    size = sum(path.stat().st_size for path in args.to.rglob("*") if path.is_file())
    if size > LIMIT:
        raise SystemExit(f"{args.to} holds {size} bytes, more than the {LIMIT} that may be committed")
    print(f"{len(shelf.files)} references, {size / 1e6:.1f} MB in {args.to}")


if __name__ == "__main__":
    main()
