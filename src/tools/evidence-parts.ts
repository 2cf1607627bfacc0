// The parts of the product that tokens of a split's pairs are made with, for bundling.
import pairStatistics from "~assets/pair-statistics.onnx"
import { gather } from "~src/app/gather"
import { CostMeter } from "~src/app/meter"
import { createEngine } from "~src/cli/engine"
import { openLocalModels } from "~src/cli/local"
import { threadedOrt } from "~src/cli/ort-thread"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import type { Fingerprint } from "~src/fingerprint/types"
import { createPairStatistics } from "~src/inference/pair-statistics"
import { comparePairs } from "~src/lineage/pair"
import { evidenceTokens, FEATURES, OWN, SHARED } from "~src/lineage/tokens/tokens"

export const LAYOUT = { shared: SHARED, own: OWN, features: FEATURES }

const { signal } = new AbortController()
const budget = DEFAULT_BUDGET
const engine = createEngine({ endpoint: "https://huggingface.co", token: null, time: true, budget, cache: null, out: null }, {})
// Without the scorers: these are what they are made from.
const statistics = createPairStatistics({ ort: threadedOrt, model: async () => pairStatistics, prefer: "wasm" })

/** The fingerprints of model folders, read as the command line reads them. */
export async function readFolders(folders: readonly string[]): Promise<Fingerprint[]> {
  const { ids, wrap } = await openLocalModels(folders)
  const call = { signal, meter: new CostMeter() }
  const local = { ...engine, hub: wrap(engine.hub) }
  const read = async (id: string) => gather(local, await local.hub.model(id, null, call), { budget, time: true }, call)
  const fingerprints: Fingerprint[] = []
  for (const id of ids) fingerprints.push((await read(id)).member.fingerprint)
  return fingerprints
}

/** The tokens of pairs, [tensors, features] each, with the probability that the two share weights. */
export async function tokensOf(pairs: readonly (readonly [Fingerprint, Fingerprint])[]) {
  const answers = await comparePairs(pairs, statistics, signal)
  return pairs.map(([a, b], i) => {
    const pair = answers[i] as (typeof answers)[number]
    return { related: pair.related, tokens: evidenceTokens(a, b, pair).values }
  })
}
