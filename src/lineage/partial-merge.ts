import { accept, type MergeContext, type Mixture } from "./merge"
import { tensorProducts } from "./part-search"
import { findPartialMeans } from "./partial-mean"
import { findPartialSelections } from "./partial-selection"
import { thinned, type WeightSample } from "./weight-sample"

/** Weights looked at tensor by tensor. */
const ELEMENTS = 4_096

/** Adds to merges whose parts are all known those of which the weights show that a part is absent. */
export function withPartialMerges(
  sample: WeightSample,
  context: MergeContext,
  merges: ReadonlyMap<number, Mixture>,
): ReadonlyMap<number, Mixture> {
  const thin = thinned(sample, ELEMENTS)
  const selections = findPartialSelections(sample, context, merges)
  const means = findPartialMeans(thin, tensorProducts(thin), context.centre, merges)
  return accept([...selections, ...means], merges)
}
