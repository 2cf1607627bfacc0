import { PedigreeError } from "~src/core/errors"

/** Which safetensors files make up the model: one, or the shards that an index (or their own numbering) names. */
export type WeightChoice = { readonly kind: "files"; readonly paths: readonly string[] } | { readonly kind: "index"; readonly path: string }

/** Headers read of one model: a share of the 40 requests that leaves enough for rows. */
export const MAX_HEADERS = 16

const SHARD = /^(.*)-\d{5}-of-\d{5}\.safetensors$/
/** Weights of other containers, to say what is there instead. */
const OTHER_WEIGHTS = /\.(bin|pt|pth|ckpt|gguf|ggml|onnx|h5|msgpack|tflite|pb|npz|npy|nemo|pkl|mlmodel|mar|keras)$/i

/**
 * Picks the weights as transformers does: `model.safetensors`, then its index; else the only index, else numbered shards, else the
 * largest single file (ties by name), which is the most precise of several variants.
 * @param files the repository's files; only its top folder counts
 * @throws PedigreeError "unsupported" naming what is there instead, "no-weights" when there is nothing
 */
export function chooseWeights(files: readonly { readonly path: string; readonly size: number }[]): WeightChoice {
  const top = files.filter(({ path }) => !path.includes("/"))
  const paths = new Set(top.map(({ path }) => path))
  if (paths.has("model.safetensors")) return { kind: "files", paths: ["model.safetensors"] }
  const indices = [...paths].filter((path) => path.endsWith(".safetensors.index.json")).sort()
  const index = indices.find((path) => path === "model.safetensors.index.json") ?? indices[0]
  if (index !== undefined) return { kind: "index", path: index }
  const single = top.filter(({ path }) => path.endsWith(".safetensors")).sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1))
  const largest = single[0]
  if (largest === undefined) throw nothingReadable(files)
  const stem = SHARD.exec(largest.path)?.[1]
  if (stem === undefined) return { kind: "files", paths: [largest.path] }
  const shards = single.map(({ path }) => path).filter((path) => SHARD.exec(path)?.[1] === stem)
  if (shards.length > MAX_HEADERS) {
    const message = `This repository has ${shards.length} shards (${stem}-...) without an index that says what they hold.`
    throw new PedigreeError("unsupported", message, "Ask the repository's owner to add the model.safetensors.index.json file.")
  }
  return { kind: "files", paths: shards.sort() }
}

function nothingReadable(files: readonly { readonly path: string }[]): PedigreeError {
  const nested = files.filter(({ path }) => path.endsWith(".safetensors"))
  const others = files.filter(
    ({ path }) => OTHER_WEIGHTS.test(path) && !/(^|\/)(training_args|optimizer|scheduler|rng_state[^/]*)\.\w+$/.test(path),
  )
  const found = nested.length > 0 ? nested : others
  if (found.length === 0) {
    return new PedigreeError(
      "no-weights",
      "This repository holds no model weights.",
      "There is nothing to inspect until its owner adds some.",
    )
  }
  const shown = found.slice(0, 3).map(({ path }) => path)
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : ""
  return new PedigreeError(
    "unsupported",
    `This repository's weights are not in a container that Pedigree reads yet: ${shown.join(", ")}${more}.`,
    "Look for a copy of the model with safetensors files at its top level.",
  )
}
