// The parts of the product that tokens of a split's pairs are made with, for bundling.
import pairStatistics from "~assets/pair-statistics.onnx"
import { gather, withHints } from "~src/app/gather"
import { CostMeter } from "~src/app/meter"
import { createEngine } from "~src/cli/engine"
import { openLocalModels } from "~src/cli/local"
import { threadedOrt } from "~src/cli/ort-thread"
import { uploadTime } from "~src/core/upload-time"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import type { Fingerprint } from "~src/fingerprint/types"
import { createPairStatistics } from "~src/inference/pair-statistics"
import { familiesToPlace, familyEvidence } from "~src/lineage/family"
import { comparePairs } from "~src/lineage/pair"
import { FEATURES as EDGE, edgeFeatures } from "~src/lineage/placement/features"
import type { PlacementInput } from "~src/lineage/placement/input"
import { evidenceTokens, FEATURES, OWN, SHARED } from "~src/lineage/tokens/tokens"
import type { Member } from "~src/lineage/types"
import { generateFamily } from "./generated-families"

export const LAYOUT = { shared: SHARED, own: OWN, features: FEATURES, edge: EDGE }

const { signal } = new AbortController()
const budget = DEFAULT_BUDGET
const engine = createEngine({ endpoint: "https://huggingface.co", token: null, time: true, budget, cache: null, out: null }, {})
// Without the scorers: these are what they are made from.
const statistics = createPairStatistics({ ort: threadedOrt, model: async () => pairStatistics, prefer: "wasm" })

/** What the engine knows of model folders, read as the command line reads them, with the ids and dates that the Hub would give. */
export async function readFolders(
  folders: readonly string[],
  facts: readonly { id: string; createdAt: string | null }[],
): Promise<Member[]> {
  const { ids, wrap } = await openLocalModels(folders)
  const call = { signal, meter: new CostMeter() }
  const local = { ...engine, hub: wrap(engine.hub) }
  const members: Member[] = []
  for (const [i, name] of ids.entries()) {
    const { id, createdAt } = facts[i] as (typeof facts)[number]
    const read = await gather(local, await local.hub.model(name, null, call), { budget, time: true }, call)
    const { member } = await withHints(local, read, call)
    members.push({ ...member, id, facts: { ...member.facts, createdAt: uploadTime(createdAt) } })
  }
  return members
}

/** The tokens of pairs, [tensors, features] each, with the probability that the two share weights. */
export async function tokensOf(pairs: readonly (readonly [Fingerprint, Fingerprint])[]) {
  const answers = await comparePairs(pairs, statistics, signal)
  return pairs.map(([a, b], i) => {
    const pair = answers[i] as (typeof answers)[number]
    return { related: pair.related, tokens: evidenceTokens(a, b, pair).values }
  })
}

/** The families that the engine places by learned weights: their members by place in the list, and their edges seen from a root. */
export async function familiesOf(members: readonly Member[]) {
  const families = familiesToPlace(members, await familyEvidence(members, statistics, signal))
  return families.filter(({ nodes }) => nodes.length > 1).map(placeable)
}

/** Made-up families, with their truth. */
export function generatedFamilies(count: number) {
  return Array.from({ length: count }, (_, n) => {
    const { input, parents } = generateFamily(n + 1)
    return { ...placeable(input), truth: parents.map((parent) => (parent === null ? [] : [parent])) }
  })
}

/** `made`: null, or the place of the part that a member hangs below. */
function placeable(input: PlacementInput) {
  const { nodes, mixtures } = input
  const made = nodes.map((node) => (mixtures.has(node) ? nodes.indexOf(mixtures.get(node)?.parts[0] ?? -1) : null))
  return { nodes, made, edgesFrom: edgeFeatures(input) }
}
