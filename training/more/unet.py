"""A small conditional U-Net that denoises pictures, with the tensor names and files of diffusers' UNet2DConditionModel."""

import json
import math
from pathlib import Path
from types import SimpleNamespace

import torch
from huggingface_hub import save_torch_state_dict
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

STEM = "diffusion_pytorch_model"
GROUPS = 8


class Attention(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k, self.to_v = (nn.Linear(context, width, bias=False) for _ in range(2))
        self.to_out = nn.ModuleList([nn.Linear(width, width), nn.Dropout(0.0)])

    def forward(self, x, context):
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (self.to_q(x), self.to_k(context), self.to_v(context)))
        return self.to_out[0](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class GatedUnit(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Linear(width, width * 8)

    def forward(self, x):
        x, gate = self.proj(x).chunk(2, -1)
        return x * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(GatedUnit(width), nn.Dropout(0.0), nn.Linear(width * 4, width))

    def forward(self, x):
        return self.net(x)


class Block(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.attn1, self.attn2 = Attention(width, width, heads), Attention(width, context, heads)
        self.ff = FeedForward(width)

    def forward(self, x, context):
        y = self.norm1(x)
        x = x + self.attn1(y, y)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, width)
        self.proj_in, self.proj_out = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([Block(width, context, heads)])

    def forward(self, x, context):
        y = self.proj_in(self.norm(x))
        shape = y.shape[2:]
        y = self.transformer_blocks[0](y.flatten(2).transpose(1, 2), context)
        return x + self.proj_out(y.transpose(1, 2).unflatten(2, shape))


class Residual(nn.Module):
    def __init__(self, inner, outer, time):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(GROUPS, inner), nn.GroupNorm(GROUPS, outer)
        self.conv1, self.conv2 = nn.Conv2d(inner, outer, 3, padding=1), nn.Conv2d(outer, outer, 3, padding=1)
        self.time_emb_proj = nn.Linear(time, outer)
        self.conv_shortcut = nn.Conv2d(inner, outer, 1) if inner != outer else None

    def forward(self, x, time):
        y = self.conv1(F.silu(self.norm1(x))) + self.time_emb_proj(F.silu(time))[:, :, None, None]
        y = self.conv2(F.silu(self.norm2(y)))
        return y + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class Resample(nn.Module):
    """One half or twice the height and width."""

    def __init__(self, width, up):
        super().__init__()
        self.up, self.conv = up, nn.Conv2d(width, width, 3, stride=1 if up else 2, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0) if self.up else x)


class Stage(nn.Module):
    """A step of the way down, up or at the bottom; `inners` are the widths that its residual blocks receive."""

    def __init__(self, inners, outer, time, context, heads, resample):
        super().__init__()
        self.attentions = nn.ModuleList(Transformer(outer, context, heads) for _ in inners[: 1 if resample == "middle" else None])
        self.resnets = nn.ModuleList(Residual(inner, outer, time) for inner in inners)
        if resample in ("downsamplers", "upsamplers"):
            setattr(self, resample, nn.ModuleList([Resample(outer, resample == "upsamplers")]))


class SmallUNet(nn.Module):
    """`config` holds `block_out_channels`, `cross_attention_dim`, `attention_head_dim` (the number of heads, as in diffusers)."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        widths, context, heads = config["block_out_channels"], config["cross_attention_dim"], config["attention_head_dim"]
        time = widths[0] * 4
        make = lambda inners, outer, resample: Stage(inners, outer, time, context, heads, resample)
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.time_embedding = nn.ModuleDict({"linear_1": nn.Linear(widths[0], time), "linear_2": nn.Linear(time, time)})
        pairs = list(zip([widths[0], *widths[:-1]], widths))
        self.down_blocks = nn.ModuleList(make([a], b, "downsamplers" if i < last else "") for i, (a, b) in enumerate(pairs))
        self.mid_block = make([widths[-1]] * 2, widths[-1], "middle")
        skips = [widths[0]] + [w for i, w in enumerate(widths) for w in [w] * (2 if i < last else 1)]
        ups, inner = [], widths[-1]
        for i, outer in enumerate(reversed(widths)):
            first, second = inner + skips.pop(), outer + skips.pop()
            ups.append(make([first, second], outer, "upsamplers" if i < last else ""))
            inner = outer
        self.up_blocks = nn.ModuleList(ups)
        self.conv_norm_out, self.conv_out = nn.GroupNorm(GROUPS, widths[0]), nn.Conv2d(widths[0], 3, 3, padding=1)

    def forward(self, sample, timestep, encoder_hidden_states, labels=None):
        """Pictures [n, 3, h, w], times [n], context [n, tokens, width]; `labels` is the noise to be found. Returns logits and loss."""
        half = self.config["block_out_channels"][0] // 2
        angles = timestep[:, None].float() * torch.exp(-math.log(10_000) * torch.arange(half) / half)
        time = self.time_embedding["linear_1"](torch.cat([angles.cos(), angles.sin()], 1))
        time = self.time_embedding["linear_2"](F.silu(time))
        x = self.conv_in(sample)
        skips = [x]
        for stage in self.down_blocks:
            for resnet, attention in zip(stage.resnets, stage.attentions):
                x = attention(resnet(x, time), encoder_hidden_states)
                skips.append(x)
            if hasattr(stage, "downsamplers"):
                x = stage.downsamplers[0](x)
                skips.append(x)
        first, second = self.mid_block.resnets
        x = second(self.mid_block.attentions[0](first(x, time), encoder_hidden_states), time)
        for stage in self.up_blocks:
            for resnet, attention in zip(stage.resnets, stage.attentions):
                x = attention(resnet(torch.cat([x, skips.pop()], 1), time), encoder_hidden_states)
            if hasattr(stage, "upsamplers"):
                x = stage.upsamplers[0](x)
        noise = self.conv_out(F.silu(self.conv_norm_out(x)))
        return SimpleNamespace(logits=noise, loss=None if labels is None else F.mse_loss(noise, labels))

    @classmethod
    def from_pretrained(cls, folder, dtype=torch.float32):
        model = cls(json.loads((Path(folder) / "config.json").read_text()))
        state = {name: t for path in sorted(Path(folder).glob("*.safetensors")) for name, t in load_file(path).items()}
        model.load_state_dict(state)
        return model.to(dtype)

    def save_pretrained(self, folder, max_shard_size):
        pattern = STEM + "{suffix}.safetensors"
        save_torch_state_dict(self.state_dict(), folder, filename_pattern=pattern, max_shard_size=max_shard_size, metadata={"format": "pt"})
        (Path(folder) / "config.json").write_text(json.dumps(self.config, indent=2, sort_keys=True) + "\n")
