import type { RepoFile, RepoReader, RepoRef } from "~src/hub/types"
import { adapterContainer, isAdapter } from "./adapter"
import { readAdapterConfig } from "./adapter-config"
import { assembleContainer, type Container } from "./container"
import { readGguf } from "./gguf"
import { readOnnx } from "./onnx/read"
import { guessSafetensors, type OpenOptions, plainSources, readSafetensors } from "./safetensors"
import { safetensorsModel } from "./safetensors-model"
import { readTorch } from "./torch/read"
import { chooseWeights } from "./weight-files"

/**
 * Opens a model's weights, whatever their container: picks the files, reads their headers and names their tensors.
 * @param files the commit's files; null reads `model.safetensors` on trust while the list is still under way
 * @throws PedigreeError "no-weights", "unsupported", "malformed", or what `reader` throws
 */
export async function openContainer(
  reader: RepoReader,
  ref: RepoRef,
  files: readonly RepoFile[] | null,
  options: OpenOptions,
): Promise<Container> {
  const [guess, listed] =
    files === null ? await Promise.all([guessSafetensors(reader, ref, options), reader.files(ref, options.call)]) : [null, files]
  const choice = chooseWeights(listed)
  switch (choice.kind) {
    case "safetensors":
    case "safetensors-index": {
      const raw = await readSafetensors(reader, ref, listed, choice, guess, options)
      if (isAdapter(raw.tensors.keys()))
        return adapterContainer(raw, plainSources(raw), raw.metadata, await readAdapterConfig(reader, ref, listed, options.call))
      return safetensorsModel(reader, ref, listed, raw, options)
    }
    case "adapter": {
      const paths = [choice.path]
      if (!choice.path.endsWith(".safetensors")) {
        const [weights, config] = await Promise.all([
          readTorch(reader, ref, listed, { kind: "torch", paths }, options),
          readAdapterConfig(reader, ref, listed, options.call),
        ])
        return adapterContainer(weights, [...plainSources(weights), ...weights.strided], weights.metadata, config)
      }
      const [raw, config] = await Promise.all([
        readSafetensors(reader, ref, listed, { kind: "safetensors", paths }, null, options),
        readAdapterConfig(reader, ref, listed, options.call),
      ])
      return adapterContainer(raw, plainSources(raw), raw.metadata, config)
    }
    case "gguf": {
      const { opened, sources } = await readGguf(reader, ref, listed, choice.paths, options)
      return assembleContainer(opened, sources)
    }
    case "torch":
    case "torch-index": {
      const raw = await readTorch(reader, ref, listed, choice, options)
      if (isAdapter(raw.tensors.keys())) {
        const config = await readAdapterConfig(reader, ref, listed, options.call)
        return adapterContainer(raw, [...plainSources(raw), ...raw.strided], raw.metadata, config)
      }
      return safetensorsModel(reader, ref, listed, raw, options, raw.strided)
    }
    case "onnx": {
      const weights = await readOnnx(reader, ref, listed, choice.path, options)
      return assembleContainer(weights, weights.sources)
    }
  }
}
