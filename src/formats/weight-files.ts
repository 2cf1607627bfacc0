import { PedigreeError } from "~src/core/errors"

/** Which files make up the model, and what is to be made of them. */
export type WeightChoice =
  /** One file, or the shards that their own numbering names. */
  | { readonly kind: "safetensors"; readonly paths: readonly string[] }
  | { readonly kind: "torch"; readonly paths: readonly string[] }
  | { readonly kind: "gguf"; readonly paths: readonly string[] }
  /** A JSON file that says which shard holds which tensor. */
  | { readonly kind: "safetensors-index"; readonly path: string }
  | { readonly kind: "torch-index"; readonly path: string }
  | { readonly kind: "onnx"; readonly path: string }
  /** Weights of an adapter beside its `adapter_config.json`. */
  | { readonly kind: "adapter"; readonly path: string }

/** Headers read of one model: a share of the 40 requests that leaves enough for rows. */
export const MAX_HEADERS = 16

const SHARD = /^(.*)-\d{5}-of-\d{5}\.\w+$/
/** What training leaves beside the weights. */
const NO_WEIGHTS = /(^|\/)(training_args|optimizer|scheduler|scaler|random_states|rng_state)[^/]*$/
/** Weights that are recognised and not read, with what they are called. */
const UNREAD: readonly (readonly [RegExp, string])[] = [
  [/\.h5$/i, "TensorFlow (Keras HDF5)"],
  [/\.keras$/i, "Keras"],
  [/\.msgpack$/i, "Flax"],
  [/\.tflite$/i, "TensorFlow Lite"],
  [/(^|\/)saved_model\.pb$|\.ckpt\.(index|data-\S+)$/i, "TensorFlow"],
  [/\.(mlmodel|mlpackage)$/i, "Core ML"],
  [/\.nemo$/i, "NeMo"],
  [/(^|\/)openvino_[^/]*\.(bin|xml)$/i, "OpenVINO"],
  [/\.pdparams$/i, "PaddlePaddle"],
  [/\.ggml$|(^|\/)ggml-[^/]*\.bin$/i, "GGML (before GGUF)"],
  [/\.npz$|\.npy$/i, "NumPy"],
  [/\.(pkl|mar|pb|engine|plan)$/i, "another program"],
]
/** Llama's own files. */
const SLICE = /(^|\/)consolidated\.\d\d\.pth$/
/** Folders that diffusers writes, the part that people fine-tune first. */
const DIFFUSERS = ["transformer", "unet", "prior", "decoder", "text_encoder", "text_encoder_2", "vae"]

interface Listed {
  readonly path: string
  readonly size: number
}

/**
 * Picks the weights: safetensors before everything else, as transformers does; an adapter where there is no whole model; the main
 * network of a diffusers folder; then pickled files, GGUF and ONNX. Of several variants the largest, which is the most precise.
 * @param files the repository's files
 * @throws PedigreeError "unsupported" naming what is there instead, "no-weights" when there is nothing
 */
export function chooseWeights(files: readonly Listed[]): WeightChoice {
  const top = files.filter(({ path }) => !path.includes("/"))
  const paths = new Set(top.map(({ path }) => path))
  if (paths.has("adapter_config.json") && !paths.has("model.safetensors") && !paths.has("model.safetensors.index.json")) {
    const adapter = ["adapter_model.safetensors", "adapter_model.bin"].find((path) => paths.has(path))
    if (adapter !== undefined) return { kind: "adapter", path: adapter }
  }
  const choice =
    chooseSafetensors(top, "model") ??
    chooseDiffusers(files, (inside) => chooseSafetensors(inside, "diffusion_pytorch_model")) ??
    chooseTorch(top, "pytorch_model") ??
    chooseDiffusers(files, (inside) => chooseTorch(inside, "diffusion_pytorch_model")) ??
    chooseGguf(files) ??
    chooseOnnx(files)
  if (choice === null) throw nothingReadable(files)
  return choice
}

function chooseSafetensors(files: readonly Listed[], stem: string): WeightChoice | null {
  return chooseSharded(files, "safetensors", /\.safetensors$/, `${stem}.safetensors`)
}

function chooseTorch(files: readonly Listed[], stem: string): WeightChoice | null {
  // Several of these are slices of every tensor, one for each GPU.
  const sliced = files.filter(({ path }) => SLICE.test(path)).length > 1
  const pickled = files.filter(
    ({ path }) => !NO_WEIGHTS.test(path) && !UNREAD.some(([pattern]) => pattern.test(path)) && !(sliced && SLICE.test(path)),
  )
  return chooseSharded(pickled, "torch", /\.(bin|pt|pth|ckpt)$/, `${stem}.bin`)
}

/** The named file, its index, the only index, numbered shards, else the largest single file (ties by name). */
function chooseSharded(files: readonly Listed[], kind: "safetensors" | "torch", ending: RegExp, usual: string): WeightChoice | null {
  const usualFile = files.find(({ path }) => baseName(path) === usual)
  if (usualFile) return { kind, paths: [usualFile.path] }
  const indices = files.map(({ path }) => path).filter((path) => path.endsWith(".index.json") && ending.test(path.slice(0, -11)))
  const index = indices.sort().find((path) => baseName(path) === `${usual}.index.json`) ?? indices[0]
  if (index !== undefined) return { kind: `${kind}-index`, path: index }
  const single = files.filter(({ path }) => ending.test(path)).sort(largestFirst)
  const largest = single[0]
  if (largest === undefined) return null
  const stem = SHARD.exec(largest.path)?.[1]
  if (stem === undefined) return { kind, paths: [largest.path] }
  const shards = single.map(({ path }) => path).filter((path) => SHARD.exec(path)?.[1] === stem)
  if (shards.length > MAX_HEADERS) {
    const message = `This repository has ${shards.length} shards (${stem}-...) without an index that says what they hold.`
    throw new PedigreeError("unsupported", message, `Ask the repository's owner to add the ${usual}.index.json file.`, {
      worded: { as: "no_index", values: {} },
    })
  }
  return { kind, paths: shards.sort() }
}

function chooseDiffusers(files: readonly Listed[], choose: (inside: readonly Listed[]) => WeightChoice | null): WeightChoice | null {
  for (const folder of DIFFUSERS) {
    const inside = files.filter(({ path }) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes("/"))
    const choice = choose(inside)
    if (choice !== null) return choice
  }
  return null
}

/** The largest model of a collection of quantisations; its parts together if it was split. */
function chooseGguf(files: readonly Listed[]): WeightChoice | null {
  const models = new Map<string, Listed[]>()
  for (const file of files) {
    // Projectors for pictures and importance matrices lie beside the models.
    if (!/\.gguf$/i.test(file.path) || /(^|\/)(mmproj|imatrix)[^/]*$/i.test(file.path)) continue
    const stem = SHARD.exec(file.path)?.[1] ?? file.path
    models.set(stem, [...(models.get(stem) ?? []), file])
  }
  const sum = (parts: readonly Listed[]) => parts.reduce((total, { size }) => total + size, 0)
  const [largest] = [...models.entries()].sort(([p, a], [q, b]) => sum(b) - sum(a) || (p < q ? -1 : 1))
  return largest ? { kind: "gguf", paths: largest[1].map(({ path }) => path).sort() } : null
}

function chooseOnnx(files: readonly Listed[]): WeightChoice | null {
  const sizes = new Map(files.map(({ path, size }) => [path, size]))
  const models = files.filter(({ path }) => /\.onnx$/i.test(path))
  // Large models keep their weights beside the graph.
  const [largest] = models.map(({ path, size }) => ({ path, size: size + (sizes.get(`${path}_data`) ?? 0) })).sort(largestFirst)
  const usual = files.find(({ path }) => path === "model.onnx" || path === "onnx/model.onnx")
  const chosen = usual ?? largest
  return chosen ? { kind: "onnx", path: chosen.path } : null
}

function largestFirst(a: Listed, b: Listed): number {
  return b.size - a.size || (a.path < b.path ? -1 : 1)
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1)
}

/** True for files that a model's weights can lie in: equal ones make two repositories copies. */
export function isWeightFile(path: string): boolean {
  return /\.(safetensors|bin|pt|pth|ckpt|gguf|onnx|onnx_data|onnx\.data)$/i.test(path) && !NO_WEIGHTS.test(path)
}

function nothingReadable(files: readonly { readonly path: string }[]): PedigreeError {
  const nested = files.filter(({ path }) => isWeightFile(path))
  const unread = files.flatMap(({ path }) => {
    const kind = UNREAD.find(([pattern]) => pattern.test(path))
    return kind ? [`${path} (${kind[1]})`] : []
  })
  const found = unread.length > 0 ? unread : nested.map(({ path }) => path)
  if (found.length === 0) {
    return new PedigreeError(
      "no-weights",
      "This repository holds no model weights.",
      "There is nothing to inspect until its owner adds some.",
      { worded: { as: "no_weights", values: {} } },
    )
  }
  const shown = found.slice(0, 3)
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : ""
  return new PedigreeError(
    "unsupported",
    `This repository's weights are in no container that Pedigree reads: ${shown.join(", ")}${more}.`,
    "Look for a copy of the model as safetensors, GGUF or PyTorch files at its top level.",
    { worded: { as: "containers", values: { files: shown.join(", ") + (more && ", …") } } },
  )
}
