import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PedigreeError } from "~src/core/errors"
import { isAdapter } from "~src/formats/adapter"
import { parseAdapterConfig } from "~src/formats/adapter-config"
import { adapterName, savedName } from "~src/formats/adapter-names"
import type { Container } from "~src/formats/container"
import { decodeValues } from "~src/formats/dtypes"
import { canonicalNames } from "~src/formats/names"
import { openContainer } from "~src/formats/open"
import { FUZZ_RUNS } from "./fuzz-runs"
import { call, memoryReader, ref } from "./memory-reader"
import { type Entry, writeSafetensors } from "./safetensors-writer"

const FIXTURES = join(import.meta.dirname, "../fixtures/containers")

interface Made {
  readonly path: string
  readonly container: string
  readonly scheme: string
  readonly values: string
  readonly tensors: readonly {
    readonly name: string
    readonly stored: readonly string[]
    readonly shape: readonly number[]
    readonly rows: readonly number[]
    readonly at: number
    readonly delta: boolean
    readonly rank?: number
    readonly scaling?: number
    readonly part?: string
  }[]
}
const manifest = JSON.parse(readFileSync(join(FIXTURES, "manifest.json"), "utf8")) as { readonly files: readonly Made[] }
const made = manifest.files.filter(({ container }) => container === "peft" || container === "lora-file")

function repository(path: string): Record<string, Uint8Array> {
  const full = join(FIXTURES, path)
  if (path.endsWith(".safetensors")) return { "lora.safetensors": new Uint8Array(readFileSync(full)) }
  return Object.fromEntries(readdirSync(full).map((name) => [name, new Uint8Array(readFileSync(join(full, name)))]))
}

function open(files: Readonly<Record<string, Uint8Array>>, wholeBytes = 0): Promise<Container> {
  const reader = memoryReader(files)
  return openContainer(reader, ref, reader.list, { wholeBytes, call })
}

/** All values of one tensor, read by Range. */
function valuesOf(container: Container, files: Readonly<Record<string, Uint8Array>>, role: string, layer: number | null): Float32Array {
  const tensor = container.tensors.find((entry) => entry.role === role && entry.layer === layer)
  if (!tensor) throw new Error(`no ${role} ${layer}`)
  const rows = tensor.shape.length > 1 ? (tensor.shape[0] as number) : 1
  const chunks = container.spans(tensor, 0, rows).map(({ file, begin, end }) => (files[file] as Uint8Array).slice(begin, end))
  return decodeValues(tensor.dtype, container.unpack(tensor, 0, rows, chunks))
}

function product(up: Float32Array, down: Float32Array, rank: number): Float32Array {
  const [rows, cols] = [up.length / rank, down.length / rank]
  const out = new Float32Array(rows * cols)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++) {
      let sum = 0
      for (let k = 0; k < rank; k++) sum += (up[r * rank + k] as number) * (down[k * cols + c] as number)
      out[r * cols + c] = sum
    }
  return out
}

describe("files of the real tools", () => {
  it("are there", () => expect(made.length).toBeGreaterThanOrEqual(8))

  it.each(made.map((entry) => [entry.path, entry] as const))("%s gives the tool's own updates", async (path, { tensors, values }) => {
    const files = repository(path)
    const container = await open(files)
    expect(container.format).toBe("adapter")
    const truth = new Float32Array(new Uint8Array(readFileSync(join(FIXTURES, values))).buffer)
    const targets = container.facts.adapter?.targets ?? []
    expect(targets).toHaveLength(tensors.filter(({ delta }) => delta).length)
    for (const tensor of tensors) {
      const [rows, cols] = tensor.shape as [number, number]
      const prefix = tensor.part === "text_encoder" ? "text_encoder." : ""
      const place = canonicalNames([prefix + tensor.name]).get(prefix + tensor.name) ?? { role: "", layer: null }
      const wanted = tensor.rows.flatMap((_, i) => [...truth.subarray(tensor.at / 4 + i * cols, tensor.at / 4 + (i + 1) * cols)])
      let own: Float32Array
      if (tensor.delta) {
        const target = targets.find(({ role, layer }) => role === place.role && layer === place.layer)
        expect(target).toMatchObject({ shape: [rows, cols], rank: tensor.rank })
        expect(target?.scaling).toBeCloseTo(tensor.scaling as number, 6)
        const up = valuesOf(container, files, `${place.role}.lora_b`, place.layer)
        const down = valuesOf(container, files, `${place.role}.lora_a`, place.layer)
        own = product(up, down, target?.rank as number).map((value) => value * (target?.scaling as number))
      } else own = valuesOf(container, files, place.role, place.layer)
      const chosen = tensor.rows.flatMap((row) => [...own.subarray(row * cols, (row + 1) * cols)])
      const error = Math.max(...chosen.map((value, i) => Math.abs(value - (wanted[i] as number))))
      const size = Math.max(...wanted.map(Math.abs))
      expect(wanted.length).toBeGreaterThan(0)
      expect(error).toBeLessThanOrEqual(tensor.delta ? 1e-6 * size : 0)
    }
  })

  it("say what they are and what they were trained on", async () => {
    const facts = async (path: string, wholeBytes = 0) => (await open(repository(`adapters/${path}`), wholeBytes)).facts
    expect(await facts("plain")).toMatchObject({
      origins: ["somebody/small-llama"],
      notes: [["Adapter", "LoRA of rank 4 (alpha 8) on q_proj, v_proj"]],
      adapter: { kind: "LoRA", rank: 4, alpha: 8 },
    })
    expect((await facts("rslora")).adapter?.kind).toBe("rsLoRA")
    expect((await facts("dora")).adapter?.kind).toBe("DoRA")
    expect((await facts("pattern")).notes).toEqual([["Adapter", "LoRA of rank 2 to 4 (alpha 8, others by module) on k_proj, q_proj"]])
    expect((await facts("saved")).notes[1]).toEqual(["Carries whole", "lm_head"])
    const kohya = await facts("kohya.safetensors")
    expect(kohya.origins).toEqual(["v1-5-pruned-emaonly.safetensors"])
    expect(kohya.notes).toEqual([
      ["Adapter", "LoRA of rank 4 (alpha 2) on q_proj, to_q, proj"],
      ["Base model version", "sd_v1"],
    ])
  })

  it("keep their factors apart from the base's own tensors", async () => {
    const { tensors } = await open(repository("adapters/dora"))
    const roles = new Set(tensors.map(({ role }) => role))
    expect([...roles].sort()).toEqual(
      ["attn.o", "attn.q"].flatMap((role) => [`${role}.dora_magnitude`, `${role}.lora_a`, `${role}.lora_b`]),
    )
    const saved = await open(repository("adapters/saved"))
    expect(saved.tensors.find(({ role }) => role === "lm_head")?.name).toBe("lm_head.weight")
  })
})

const f32 = (...shape: number[]): Entry => {
  const count = shape.reduce((product, side) => product * side, 1)
  return { dtype: "F32", shape, bytes: new Uint8Array(new Float32Array(count).fill(0.5).buffer) }
}
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const adapterOf = (tensors: Record<string, Entry>, config: unknown, metadata?: Record<string, string>) =>
  open({ "adapter_model.safetensors": writeSafetensors(tensors, metadata), "adapter_config.json": text(config) })

describe("shapes of the base", () => {
  it("follow from embeddings, convolutions, kernels between factors, and inputs kept first", async () => {
    const { facts } = await adapterOf(
      {
        "base_model.model.model.embed_tokens.lora_embedding_A": f32(4, 100),
        "base_model.model.model.embed_tokens.lora_embedding_B": f32(16, 4),
        "base_model.model.conv.lora_A.weight": f32(4, 8, 3, 3),
        "base_model.model.conv.lora_B.weight": f32(12, 4, 1, 1),
      },
      { peft_type: "LORA", r: 4 },
    )
    expect(facts.adapter?.targets.map(({ role, shape }) => [role, shape])).toEqual([
      ["embed", [100, 16]],
      ["conv", [12, 72]],
    ])
    const gpt = {
      "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight": f32(4, 16),
      "base_model.model.transformer.h.0.attn.c_attn.lora_B.weight": f32(48, 4),
    }
    const swapped = await adapterOf(gpt, { fan_in_fan_out: true })
    expect(swapped.facts.adapter?.targets[0]).toMatchObject({ role: "attn.qkv", layer: 0, shape: [16, 48] })
    const middle = await open({
      "lyco.safetensors": writeSafetensors({
        "lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight": f32(4, 8, 1, 1),
        "lora_unet_down_blocks_0_resnets_0_conv1.lora_mid.weight": f32(4, 4, 3, 3),
        "lora_unet_down_blocks_0_resnets_0_conv1.lora_up.weight": f32(12, 4, 1, 1),
      }),
    })
    expect(middle.facts.adapter?.targets[0]?.shape).toEqual([12, 72])
  })

  it("take MLX's factors, which stand the other way round", async () => {
    const files = {
      "adapters.safetensors": writeSafetensors({
        "model.layers.3.self_attn.q_proj.lora_a": f32(16, 4),
        "model.layers.3.self_attn.q_proj.lora_b": f32(4, 24),
      }),
      "adapter_config.json": text({ model: "mlx-community/small", fine_tune_type: "lora", lora_parameters: { rank: 4, scale: 20 } }),
    }
    const { facts } = await open(files)
    expect(facts.origins).toEqual(["mlx-community/small"])
    expect(facts.adapter?.targets).toEqual([{ role: "attn.q", layer: 3, shape: [24, 16], rank: 4, scaling: 20 }])
  })

  it("count replicated layers as those they were made of", async () => {
    const tensors = {
      "base_model.model.model.layers.5.self_attn.q_proj.lora_A.weight": f32(2, 8),
      "base_model.model.model.layers.5.self_attn.q_proj.lora_B.weight": f32(8, 2),
    }
    const { facts } = await adapterOf(tensors, {
      layer_replication: [
        [0, 4],
        [2, 4],
      ],
    })
    expect(facts.adapter?.targets[0]?.layer).toBe(3)
  })

  it("are left open where the factors don't say", async () => {
    const { facts } = await adapterOf(
      {
        "base_model.model.a.lora_A.weight": f32(4, 16),
        "base_model.model.a.lora_B.weight": f32(16, 3),
        "base_model.model.mlp.experts.lora_A.weight": f32(4, 16),
        "base_model.model.mlp.experts.lora_B.weight": f32(16, 4),
      },
      { target_parameters: ["mlp.experts.gate_up_proj"], r: 4, alpha_pattern: { "^a": 3 }, lora_alpha: 8 },
    )
    expect(facts.adapter?.targets).toEqual([])
    expect(facts.notes.at(-1)).toEqual(["Not checked", "2 modules whose factors do not say what shape they change"])
  })
})

describe("names", () => {
  it.each([
    ["base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight", "model.layers.0.self_attn.q_proj", "down"],
    [
      "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_out_0.lora_up.weight",
      "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0",
      "up",
    ],
    [
      "lora_te1_text_model_encoder_layers_11_self_attn_out_proj.alpha",
      "text_encoder.text_model.encoder.layers.11.self_attn.out_proj",
      "alpha",
    ],
    ["lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", "text_encoder_2.text_model.encoder.layers.0.mlp.fc1", "down"],
    ["lora_unet_double_blocks_7_img_attn_qkv.lora_down.weight", "double_blocks.7.img_attn.qkv", "down"],
    ["lora_unet_up_blocks_1_resnets_2_time_emb_proj.hada_w1_a", "up_blocks.1.resnets.2.time_emb_proj", "up"],
    [
      "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.up.weight",
      "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0",
      "up",
    ],
    [
      "text_encoder.text_model.encoder.layers.0.self_attn.k_proj.lora_linear_layer.down.weight",
      "text_encoder.text_model.encoder.layers.0.self_attn.k_proj",
      "down",
    ],
    ["transformer.single_transformer_blocks.3.proj_mlp.lora_B.weight", "single_transformer_blocks.3.proj_mlp", "up"],
    ["diffusion_model.double_blocks.0.txt_mlp.2.lora_A.weight", "double_blocks.0.txt_mlp.2", "down"],
  ])("%s", (name, module, part) => expect(adapterName(name)).toMatchObject({ module, part }))

  it("leave whole tensors their base's names", () => {
    expect(savedName("base_model.model.classifier.modules_to_save.default.weight")).toBe("classifier.weight")
    expect(savedName("base_model.model.score.modules_to_save.weight")).toBe("score.weight")
    expect(savedName("base_model.model.model.layers.0.self_attn.q_proj.base_layer.bias")).toBe("model.layers.0.self_attn.q_proj.bias")
    expect(adapterName("model.layers.0.self_attn.q_proj.weight")).toBeNull()
  })

  it("make an adapter only of files that are mostly factors", () => {
    const pair = ["a.lora_A.weight", "a.lora_B.weight"]
    expect(isAdapter(pair)).toBe(true)
    expect(isAdapter([...pair, "lm_head.weight"])).toBe(true)
    expect(isAdapter([...pair, "a.weight", "b.weight"])).toBe(false)
    expect(isAdapter(["a.alpha", "b.alpha"])).toBe(false)
  })
})

describe("bad input", () => {
  const pair = { "base_model.model.a.lora_A.weight": f32(2, 4), "base_model.model.a.lora_B.weight": f32(4, 2) }

  it.each(["", "{", "[]", "null", '"LORA"'])("refuses %j for a configuration", (json) => {
    expect(() => parseAdapterConfig(json)).toThrow(
      expect.objectContaining({ code: "malformed", message: expect.stringMatching(/^adapter_config\.json/) }),
    )
  })

  it("refuses two tensors that are one, and reads odd fields as absent", async () => {
    await expect(adapterOf({ ...pair, "a.lora_A.weight": f32(2, 4) }, {})).rejects.toMatchObject({
      code: "malformed",
      message: expect.stringMatching(/same tensor/),
    })
    const odd = {
      r: "8",
      lora_alpha: [],
      base_model_name_or_path: { a: 1 },
      use_dora: 1,
      alpha_pattern: { a: "x" },
      layer_replication: [[0, 1e9]],
    }
    const { facts } = await adapterOf(pair, odd)
    expect(facts).toMatchObject({
      origins: [],
      adapter: { kind: "LoRA", rank: 2, alpha: null, targets: [{ shape: [4, 4], scaling: null }] },
    })
  })

  it("lets no mutated adapter out other than as a typed error or a sound container", async () => {
    const samples = made.map(({ path }) => repository(path))
    const patch = fc.tuple(fc.nat(), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(samples.length - 1),
        fc.nat(),
        fc.array(patch, { minLength: 1, maxLength: 6 }),
        fc.nat(4_000),
        async (at, which, patches, cut) => {
          const files = { ...(samples[at] as Record<string, Uint8Array>) }
          const path = Object.keys(files).sort()[which % Object.keys(files).length] as string
          const bytes = (files[path] as Uint8Array).slice(0, cut < 100 ? Math.max(1, (files[path] as Uint8Array).length - cut) : undefined)
          // Headers and configurations are where the meaning lies: half of the patches fall on the first kilobytes.
          for (const [i, byte] of patches) bytes[i % Math.min(bytes.length, i % 2 === 0 ? 2_000 : bytes.length)] = byte
          await soundOrTyped({ ...files, [path]: bytes })
        },
      ),
      { numRuns: FUZZ_RUNS },
    )
  }, 3_600_000)

  it("lets no made-up adapter out other than as a typed error or a sound container", async () => {
    const part = fc.constantFrom(
      "lora_A.weight",
      "lora_B.weight",
      "lora_mid.weight",
      "lora_embedding_A",
      "lora_embedding_B",
      "alpha",
      "lora_a",
      "lora_b",
      "lora_magnitude_vector",
      "weight",
      "hada_w1_a",
      "hada_w1_b",
      "",
    )
    const module = fc.oneof(
      fc.constantFrom(
        "base_model.model.x",
        "x",
        "lora_unet_mid_block_y",
        "lora_te_z",
        "base_model.model.model.layers.1.mlp.up_proj",
        "unet.q.processor",
      ),
      fc.string(),
    )
    const shape = fc.array(fc.oneof(fc.nat(4), fc.constantFrom(0, 3_000_000, 2 ** 40)), { maxLength: 5 })
    const tensors = fc.array(fc.tuple(module, part, shape), { maxLength: 8 })
    const keys =
      "base_model_name_or_path peft_type r lora_alpha use_rslora use_dora fan_in_fan_out init_lora_weights alpha_pattern target_parameters layer_replication model lora_parameters".split(
        " ",
      )
    const config = fc.dictionary(
      fc.oneof(fc.constantFrom(...keys), fc.string()),
      fc.oneof(fc.jsonValue(), fc.double(), fc.array(fc.array(fc.nat(2_000)))),
    )
    await fc.assert(
      fc.asyncProperty(
        tensors,
        config,
        fc.dictionary(fc.constantFrom("ss_network_alpha", "ss_sd_model_name", "ss_base_model_version"), fc.string()),
        async (list, said, metadata) => {
          const entries = list.map(([path, end, sides]) => {
            const count = sides.reduce((all, side) => all * side, 1)
            const fits = count <= 64
            return [
              `${path}.${end}`,
              { dtype: "F32", shape: fits ? sides : [0, ...sides].slice(0, 6), bytes: new Uint8Array(fits ? 4 * count : 0) },
            ] as const
          })
          await soundOrTyped({
            "adapter_model.safetensors": writeSafetensors(Object.fromEntries(entries), metadata),
            "adapter_config.json": text(said),
          })
        },
      ),
      { numRuns: FUZZ_RUNS },
    )
  }, 3_600_000)

  async function soundOrTyped(files: Readonly<Record<string, Uint8Array>>) {
    try {
      const { tensors, facts, spans } = await open(files)
      const places = new Set(tensors.map(({ role, layer }) => `${layer}|${role}`))
      expect(places.size).toBe(tensors.length)
      for (const tensor of tensors) {
        const rows = tensor.shape.length > 1 ? (tensor.shape[0] as number) : 1
        for (const { file, begin, end } of spans(tensor, 0, rows))
          expect(0 <= begin && begin <= end && end <= (files[file] as Uint8Array).length).toBe(true)
      }
      for (const { shape } of facts.adapter?.targets ?? [])
        expect(shape.every((side) => Number.isSafeInteger(side) && side >= 0)).toBe(true)
      expect(JSON.stringify(facts).length).toBeLessThan(20_000)
    } catch (error) {
      if (!(error instanceof PedigreeError)) throw error
      expect(["malformed", "no-weights", "unsupported"]).toContain(error.code)
    }
  }
})

it("has its reference files in the repository", () => expect(existsSync(join(FIXTURES, "adapters"))).toBe(true))
