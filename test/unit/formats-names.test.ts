import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalNames, isConstantBuffer } from "~src/formats/names"

const place = (name: string, ...others: string[]) => {
  const found = canonicalNames([name, ...others]).get(name)
  return found && `${found.role} ${found.layer ?? "-"}`
}

describe("canonicalNames", () => {
  it.each([
    ["model.layers.3.self_attn.q_proj.weight", "attn.q 3"],
    ["model.layers.3.self_attn.q_proj.bias", "attn.q.bias 3"],
    ["model.layers.10.post_attention_layernorm.weight", "norm.mlp 10"],
    ["model.language_model.layers.3.mlp.gate_proj.weight", "mlp.gate 3"],
    ["model.embed_tokens.weight", "embed -"],
    ["lm_head.weight", "lm_head -"],
    ["model.norm.weight", "norm.final -"],
    ["bert.encoder.layer.7.attention.self.query.weight", "attn.q 7"],
    ["encoder.layer.7.attention.output.LayerNorm.gamma", "norm.attn 7"],
    ["roberta.encoder.layer.7.attention.output.dense.bias", "attn.o.bias 7"],
    ["bert.embeddings.word_embeddings.weight", "embed -"],
    ["vit.encoder.layer.0.attention.attention.value.weight", "attn.v 0"],
    ["vit.encoder.layer.0.layernorm_before.weight", "norm.attn 0"],
    ["vit.layers.0.attention.q_proj.weight", "attn.q 0"],
    ["vit.layernorm.bias", "norm.final.bias -"],
    ["vit.embeddings.patch_embeddings.projection.weight", "embed.patch -"],
    ["resnet.encoder.stages.2.layers.1.layer.0.convolution.weight", "stage2.conv0 1"],
    ["resnet.encoder.stages.2.layers.0.shortcut.normalization.running_var", "stage2.shortcut.norm.running_var 0"],
    ["resnet.embedder.embedder.convolution.weight", "stem.conv -"],
    ["transformer.h.3.attn.c_attn.weight", "attn.qkv 3"],
    ["h.3.ln_1.bias", "norm.attn.bias 3"],
    ["encoder.block.4.layer.0.SelfAttention.q.weight", "attn.q 4"],
    ["decoder.block.4.layer.0.SelfAttention.q.weight", "dec.attn.q 4"],
    ["vision_tower.vision_model.encoder.layers.2.self_attn.k_proj.weight", "vision.attn.k 2"],
    ["model.layers.5.block_sparse_moe.experts.6.w1.weight", "mlp.experts.6.gate 5"],
    ["model.layers.5.block_sparse_moe.experts.6.w3.weight", "mlp.experts.6.up 5"],
    ["model.layers.5.block_sparse_moe.experts.6.w2.weight", "mlp.experts.6.down 5"],
    ["model.layers.5.block_sparse_moe.gate.weight", "mlp.router 5"],
    ["model.layers.5.mlp.experts.127.gate_proj.weight", "mlp.experts.127.gate 5"],
    ["model.language_model.layers.5.mlp.experts.127.down_proj.weight", "mlp.experts.127.down 5"],
    ["model.layers.5.mlp.gate.weight", "mlp.router 5"],
    ["model.layers.5.mlp.gate.e_score_correction_bias", "mlp.gate.e_score_correction_bias 5"],
    ["model.layers.5.mlp.shared_expert.up_proj.weight", "mlp.shared.up 5"],
    ["model.layers.5.mlp.shared_experts.down_proj.weight", "mlp.shared.down 5"],
    ["model.layers.5.mlp.shared_expert_gate.weight", "mlp.shared.router 5"],
    ["language_model.model.layers.5.feed_forward.experts.0.up_proj.weight", "mlp.experts.0.up 5"],
    ["language_model.model.layers.5.feed_forward.router.weight", "mlp.router 5"],
    ["language_model.model.layers.5.feed_forward.gate_proj.weight", "mlp.gate 5"],
    ["model.language_model.embed_tokens.weight", "embed -"],
    ["language_model.lm_head.weight", "lm_head -"],
    ["model.multi_modal_projector.linear_1.bias", "projector.linear_1.bias -"],
    ["model.visual.blocks.4.attn.qkv.weight", "vision.attn.qkv 4"],
    ["thinker.model.layers.4.self_attn.q_proj.weight", "attn.q 4"],
    ["talker.model.layers.4.self_attn.q_proj.weight", "talker.attn.q 4"],
    ["transformer_blocks.7.attn.to_q.weight", "attn.q 7"],
    ["transformer_blocks.7.attn.to_out.0.bias", "attn.o.bias 7"],
    ["single_transformer_blocks.12.attn.to_k.weight", "single.attn.k 12"],
    ["down_blocks.1.attentions.0.transformer_blocks.2.attn1.to_q.weight", "down1.attentions.transformer_blocks.2.attn1.to_q 0"],
    ["up_blocks.3.resnets.2.conv1.weight", "up3.resnets.conv1 2"],
    ["mid_block.resnets.1.conv2.bias", "resnets.mid_block.conv2.bias 1"],
    ["decoder.up_blocks.0.resnets.1.norm1.weight", "dec.up0.resnets.norm1 1"],
    ["conv_in.weight", "conv_in -"],
    ["some.thing.blocks.12.inner.3.kernel", "some.thing.inner.3.kernel 12"],
    ["weight", "weight -"],
    ["__proto__", "__proto__ -"],
    ["constructor.weight", "constructor -"],
  ])("%s is %s", (name, expected) => {
    expect(place(name)).toBe(expected)
  })

  it("keeps two tensors of one place apart and lets the first by name have it", () => {
    expect(place("encoder.embed_tokens.weight", "shared.weight")).toBe("embed -")
    expect(place("shared.weight", "encoder.embed_tokens.weight")).toBe("embed@shared.weight -")
  })

  it("never gives two tensors one place, whatever their names and order", () => {
    const part = fc.oneof(
      fc.constantFrom(
        "model",
        "layers",
        "0",
        "1",
        "00",
        "self_attn",
        "attn",
        "q_proj",
        "query",
        "weight",
        "bias",
        "gamma",
        "@",
        "stages",
        "encoder",
        "decoder",
        "__proto__",
      ),
      fc.string({ maxLength: 4 }),
    )
    const name = fc.array(part, { maxLength: 7 }).map((parts) => parts.join("."))
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 40 }), (names) => {
        const places = canonicalNames(names)
        expect(new Set([...places.values()].map(({ role, layer }) => `${role}|${layer}`)).size).toBe(names.length)
        expect(canonicalNames([...names].reverse())).toEqual(places)
      }),
    )
  })
})

describe("isConstantBuffer", () => {
  it.each([
    ["model.layers.0.self_attn.rotary_emb.inv_freq", true],
    ["bert.embeddings.position_ids", true],
    ["layer1.0.bn1.num_batches_tracked", true],
    ["h.0.attn.bias", true],
    ["h.0.attn.c_attn.bias", false],
    ["swin.layers.0.attn.relative_position_index", true],
    ["model.layers.0.self_attn.q_proj.bias", false],
    ["bert.embeddings.position_embeddings.weight", false],
  ])("%s: %s", (name, expected) => {
    expect(isConstantBuffer(name)).toBe(expected)
  })
})
