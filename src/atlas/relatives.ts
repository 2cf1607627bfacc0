import type { Sketch } from "./sketch"
import { sketchCosine } from "./sketch-pair"

/** Mean row cosine from which two sketches are taken for relatives: ten deviations above chance; the test of the pair has the last word. */
const RELATED = 0.2
/** A member this near to a leader needs not lead itself. */
const NEAR = 0.6

interface Cluster {
  readonly members: number[]
  /** Members that stand for the others: every member is near to one of them, or leads. */
  readonly leaders: number[]
}

/**
 * The families among many models, as connected components of likeness. Each model is held against a few leaders of each family with
 * comparable tensors, not against every model, so that the work grows with models times families of one shape.
 * @returns places in `sketches`, each family in ascending order, families by their first member
 */
export function findFamilies(sketches: readonly Sketch[]): number[][] {
  let clusters: Cluster[] = []
  for (const [place, sketch] of sketches.entries()) {
    let nearest = 0
    const homes = clusters.filter(({ leaders }) => {
      let best = 0
      for (const leader of leaders) {
        best = Math.max(best, sketchCosine(sketches[leader] as Sketch, sketch) ?? 0)
        if (best >= NEAR) break
      }
      nearest = Math.max(nearest, best)
      return best >= RELATED
    })
    const [home, ...others] = homes
    const leads = nearest < NEAR ? [place] : []
    if (!home) clusters.push({ members: [place], leaders: leads })
    else {
      for (const other of others) {
        home.members.push(...other.members)
        home.leaders.push(...other.leaders)
      }
      home.members.push(place)
      home.leaders.push(...leads)
      if (others.length > 0) clusters = clusters.filter((cluster) => !others.includes(cluster))
    }
  }
  return clusters.map(({ members }) => members.sort((a, b) => a - b)).sort((a, b) => (a[0] as number) - (b[0] as number))
}
