import type { RepoFile, RepoReader, RepoRef } from "~src/hub/types"
import { assembleContainer, type Container, type TensorSource } from "./container"
import { expertSources } from "./experts"
import { packedSources } from "./packed/sources"
import { type OpenOptions, plainSources, type RawWeights } from "./safetensors"
import { metadataFacts } from "./safetensors-facts"

/**
 * A model in safetensors or PyTorch files: packed layers as the matrices that they stand for, stacks of experts cut apart, all others as stored.
 * @param raw what `readSafetensors` or `readTorch` gave
 * @param strided tensors besides those of `raw` that are no simple runs of elements
 * @throws PedigreeError "no-weights", or what `reader` throws
 */
export async function safetensorsModel(
  reader: RepoReader,
  ref: RepoRef,
  listed: readonly RepoFile[],
  raw: RawWeights,
  options: OpenOptions,
  strided: readonly TensorSource[] = [],
): Promise<Container> {
  const { opened, sources, rest } = await packedSources(reader, ref, listed, raw, options)
  const experts = expertSources(rest)
  const tensors = new Map([...rest].filter(([name]) => !experts.stacks.has(name)))
  const { origins, notes } = metadataFacts(raw.metadata)
  const facts = { ...opened.facts, origins: [...opened.facts.origins, ...origins], notes: [...opened.facts.notes, ...notes] }
  return assembleContainer({ ...opened, facts }, [...sources, ...experts.sources, ...plainSources({ ...raw, tensors }), ...strided])
}
