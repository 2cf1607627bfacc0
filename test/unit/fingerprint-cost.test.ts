import { describe, expect, it } from "vitest"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import type { Dtype } from "~src/formats/types"
import { bertShapes, generatedRepo, llamaShapes, resnetShapes, type Shapes } from "./generated-repo"
import { call, ref } from "./memory-reader"

async function cost(shapes: Shapes, dtype: Dtype, shards = 1) {
  const repo = generatedRepo(shapes, dtype, shards)
  const fingerprint = await readFingerprint(repo.reader, ref, await repo.reader.files(ref, call), { budget: DEFAULT_BUDGET, call })
  const rows = repo.reads.filter(({ purpose }) => purpose === "weights").length
  if (process.env.SHOW_COST) {
    console.log(shards, dtype, {
      headers: repo.reads.length - rows,
      rows,
      weightBytes: repo.weightBytes(),
      slabs: fingerprint.slabs.length,
    })
    if (process.env.SHOW_COST === "2") for (const s of fingerprint.slabs) console.log(s.role, s.layer, s.row0, s.rows, s.shape.join("x"))
  }
  return { fingerprint, requests: repo.reads.length + (shards > 1 ? 1 : 0), rows, weightBytes: repo.weightBytes() }
}

const B7 = llamaShapes(4096, 11008, 32, 32000)
const B70 = llamaShapes(8192, 28672, 80, 128256, 1024)
const MB4 = llamaShapes(128, 352, 4, 1024)

describe("what a fingerprint costs", () => {
  it.each([
    ["7B bf16, 3 shards", B7, "BF16", 3, 17],
    ["7B fp32, 6 shards", B7, "F32", 6, 17],
    ["7B bf16, one file", B7, "BF16", 1, 17],
    ["70B bf16, 30 shards", B70, "BF16", 30, 20],
    ["4 MB fp32", MB4, "F32", 1, 12],
    ["2 MB bf16", MB4, "BF16", 1, 12],
  ] as const)("%s", async (_name, shapes, dtype, shards, most) => {
    const { fingerprint, requests, rows, weightBytes } = await cost(shapes, dtype, shards)
    expect(weightBytes).toBeLessThanOrEqual(DEFAULT_BUDGET)
    expect(weightBytes).toBeGreaterThan(0.7 * DEFAULT_BUDGET)
    expect(requests).toBeLessThanOrEqual(40)
    expect(rows).toBeLessThanOrEqual(most)
    for (const role of ["attn.q", "attn.k", "attn.v", "attn.o", "mlp.up", "mlp.gate", "mlp.down", "embed", "lm_head", "norm.final"]) {
      expect(fingerprint.slabs.map((slab) => slab.role)).toContain(role)
    }
  })
})

describe("a mixture of experts with 90,000 tensors in 163 shards", () => {
  it("stays within bytes and requests although its headers are long", async () => {
    const shapes: [string, number[], Dtype?][] = [["model.embed_tokens.weight", [129_280, 7_168], "BF16"]]
    for (let layer = 0; layer < 58; layer++) {
      for (let expert = 0; expert < 256; expert++) {
        for (const part of ["down_proj", "gate_proj", "up_proj"]) {
          shapes.push([
            `model.layers.${layer}.mlp.experts.${expert}.${part}.weight`,
            part === "down_proj" ? [7_168, 2_048] : [2_048, 7_168],
          ])
          shapes.push([
            `model.layers.${layer}.mlp.experts.${expert}.${part}.weight_scale_inv`,
            part === "down_proj" ? [56, 16] : [16, 56],
            "F32",
          ])
        }
      }
      shapes.push([`model.layers.${layer}.self_attn.o_proj.weight`, [7_168, 16_384]])
      shapes.push([`model.layers.${layer}.self_attn.o_proj.weight_scale_inv`, [56, 128], "F32"])
    }
    const { requests, weightBytes, fingerprint } = await cost(shapes, "F8_E4M3", 163)
    expect(weightBytes).toBeLessThanOrEqual(DEFAULT_BUDGET)
    expect(requests).toBeLessThanOrEqual(40)
    expect(fingerprint.slabs.length).toBeGreaterThan(10)
  })
})

describe("other architectures cost no more", () => {
  it.each([
    ["BERT base fp32", bertShapes(), "F32", ["attn.q", "attn.q.bias", "mlp.down", "embed", "norm.attn"]],
    ["BERT base bf16", bertShapes(), "BF16", ["attn.q", "attn.q.bias", "mlp.down", "embed", "norm.attn"]],
    ["ResNet-50 fp32", resnetShapes(), "F32", ["stem.conv", "stage0.conv0", "classifier.1"]],
  ] as const)("%s", async (_name, shapes, dtype, roles) => {
    const { fingerprint, requests, weightBytes } = await cost(shapes, dtype)
    expect(weightBytes).toBeLessThanOrEqual(DEFAULT_BUDGET)
    expect(requests).toBeLessThanOrEqual(24)
    for (const role of roles) expect(fingerprint.slabs.map((slab) => slab.role)).toContain(role)
  })
})
