// The generated models that the benchmark of containers reads: one of ten million and one of seven billion parameters in each.
import { contentOf, sha256Text } from "~test/hub/content"
import type { MadeRepo } from "~test/hub/types"
import { llamaShapes, type Shapes } from "~test/unit/generated-repo"
import { ggufPieces, llamaTable, vocabularyKeys } from "~test/unit/gguf-model"
import type { GgufKeys } from "~test/unit/gguf-writer"
import { exportedModel } from "~test/unit/onnx-model"
import { packedRepo, type Stored } from "~test/unit/packed-repo"
import { type PiecedFile, readPieces } from "~test/unit/pieced-reader"
import { torchPieces } from "~test/unit/torch-writer"

export interface BenchModel extends MadeRepo {
  /** Container and way of packing, as the table shows them. */
  readonly container: string
  /** Its size in parameters, in words. */
  readonly model: string
  /** Which of the official libraries opens its header; null where none does. */
  readonly library: "hub" | "gguf" | null
}

type File = MadeRepo["files"][number]

const SMALL = llamaShapes(512, 1_024, 3, 2_048)
const LARGE = llamaShapes(4_096, 11_008, 32, 32_000)
const ADAPTER_RANK = 16

function file(path: string, { size, read }: { readonly size: number; read(begin: number, end: number): Uint8Array }): File {
  const content = { size, read: (begin: number, end: number) => Buffer.from(read(begin, end)) }
  // Its gigabytes are never hashed: a name stands for them.
  return { path, content, identity: sha256Text(`${path} ${size}`) }
}

const pieced = (path: string, made: PiecedFile) => file(path, { size: made.size, read: (begin, end) => readPieces(made, begin, end) })

const text = (path: string, content: string): File => ({ path, content: contentOf(content) })
const plain = (path: string, shapes: Shapes) => file(path, packedRepo(shapes, "bf16").weights)
const torch = (path: string, shapes: Shapes) => pieced(path, torchPieces(shapes, "F16"))

function packed(shapes: Shapes, kind: Stored): File[] {
  const { weights, config } = packedRepo(shapes, kind)
  return [file("model.safetensors", weights), text("config.json", config)]
}

function gguf(keys: GgufKeys, table: ReturnType<typeof llamaTable>): File[] {
  return [pieced("model.gguf", ggufPieces(keys, table))]
}

/** Two halves of a model with the index that says what lies where. */
function shards(shapes: Shapes, stem: string, ending: string, make: (path: string, half: Shapes) => File): File[] {
  const middle = Math.ceil(shapes.length / 2)
  const halves = [shapes.slice(0, middle), shapes.slice(middle)].map((half, i) => ({
    half,
    path: `${stem}-0000${i + 1}-of-00002.${ending}`,
  }))
  const map = Object.fromEntries(halves.flatMap(({ half, path }) => half.map(([name]) => [name, path])))
  return [
    ...halves.map(({ half, path }) => make(path, half)),
    text(`${stem}.${ending}.index.json`, JSON.stringify({ metadata: {}, weight_map: map })),
  ]
}

/** LoRA on every linear layer of the stack. */
function adapter(shapes: Shapes): File[] {
  const factors = shapes.flatMap(([name, [rows = 0, cols = 0]]): [string, number[]][] => {
    if (!/_proj\.weight$/.test(name)) return []
    const stem = `base_model.model.${name.slice(0, -".weight".length)}`
    return [
      [`${stem}.lora_A.weight`, [ADAPTER_RANK, cols]],
      [`${stem}.lora_B.weight`, [rows, ADAPTER_RANK]],
    ]
  })
  const config = { peft_type: "LORA", r: ADAPTER_RANK, lora_alpha: 32, base_model_name_or_path: "someone/base" }
  return [plain("adapter_model.safetensors", factors), text("adapter_config.json", JSON.stringify(config))]
}

function onnx(shapes: Shapes, external: boolean): File[] {
  const { model, dataSize } = exportedModel(shapes, external ? "model.onnx_data" : null)
  const graph = pieced("onnx/model.onnx", model)
  return external ? [graph, pieced("onnx/model.onnx_data", { pieces: [], size: dataSize })] : [graph]
}

const PACKED: readonly (readonly [container: string, Stored])[] = [
  ["safetensors, GPTQ", "gptq"],
  ["safetensors, GPTQ in activation order", "gptq-order"],
  ["safetensors, AWQ", "awq"],
  ["safetensors, NF4", "nf4"],
  ["safetensors, LLM.int8", "int8"],
  ["safetensors, FP8 in blocks", "fp8-block"],
  ["safetensors, MLX 4 bits", "mlx"],
]
const Q4_K = 12

/** All of them, the small one of a container before the large one. */
export function benchModels(): BenchModel[] {
  const pair = (container: string, library: BenchModel["library"], small: File[], large: File[], models = ["10 million", "7 billion"]) =>
    [small, large].map((files, i) => ({ id: `${container.replace(/\W+/g, "-")}/${i}`, container, model: models[i] ?? "", library, files }))
  return [
    ...pair("safetensors, BF16", "hub", [plain("model.safetensors", SMALL)], shards(LARGE, "model", "safetensors", plain)),
    ...PACKED.flatMap(([container, kind]) => pair(container, "hub", packed(SMALL, kind), packed(LARGE, kind))),
    ...pair("safetensors, LoRA of rank 16", "hub", adapter(SMALL), adapter(LARGE), ["for 10 million", "for 7 billion"]),
    ...pair(
      "GGUF, Q4_K_M, SentencePiece",
      "gguf",
      gguf(vocabularyKeys("llama", 2_048, 0), llamaTable(512, 1_024, 3, 2_048, 512, Q4_K)),
      gguf(vocabularyKeys("llama", 32_000, 0), llamaTable(4_096, 11_008, 32, 32_000, 4_096, Q4_K)),
    ),
    ...pair(
      "GGUF, Q4_K_M, 128,256 tokens with merges",
      "gguf",
      gguf(vocabularyKeys("gpt2", 128_256, 280_147), llamaTable(512, 1_024, 3, 128_256, 512, Q4_K)),
      gguf(vocabularyKeys("gpt2", 128_256, 280_147), llamaTable(4_096, 14_336, 32, 128_256, 1_024, Q4_K)),
      ["140 million", "8 billion"],
    ),
    ...pair("PyTorch, FP16", null, [torch("pytorch_model.bin", SMALL)], shards(LARGE, "pytorch_model", "bin", torch)),
    ...pair("ONNX, FP32", null, onnx(SMALL, false), onnx(LARGE, true)),
  ]
}
