// Families of made-up steps, for learning what a family's shape says where training pulled its members less the same way than in the zoo.
import { uniform } from "~src/core/uniform"
import { DECLARED } from "~src/lineage/cues"
import type { PlacementInput } from "~src/lineage/placement/input"

/** Numbers of a made-up model. */
const WIDTH = 400
const MOST = 24
const DAY = 86_400_000
const REUPLOADED = 0.03

export interface GeneratedFamily {
  readonly input: PlacementInput
  /** The parent of every member, null for the root. */
  readonly parents: readonly (number | null)[]
}

/** A family from a seed: any number of members up to 24, steps of many lengths, siblings that were pulled more or less the same way. */
export function generateFamily(seed: number): GeneratedFamily {
  const next = uniform(seed * 1_000_003)
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const way = () => Array.from({ length: WIDTH }, () => normal() / Math.sqrt(WIDTH))
  const size = 2 + Math.floor(next() ** 1.5 * (MOST - 1))
  const alike = 0.8 * next()
  const deep = next()
  const parents: (number | null)[] = [null]
  const points: number[][] = [way().map(() => 0)]
  const steps: number[][] = [way()]
  const common = new Map<number, number[]>()
  const times = [0]
  const cards: (number | null)[] = [null]
  for (let i = 1; i < size; i++) {
    const parent = next() < deep ? Math.floor(next() * i) : 0
    const shared = common.get(parent) ?? way()
    common.set(parent, shared)
    const [own, pulled, onward, length] = [way(), alike * next(), 0.3 * next() - 0.1, Math.exp(0.8 * normal())]
    const before = steps[parent] as number[]
    const step = own.map(
      (x, k) => length * (Math.sqrt(1 - pulled ** 2) * x + pulled * (shared[k] as number)) + onward * (before[k] as number),
    )
    parents.push(parent)
    steps.push(step)
    points.push(step.map((x, k) => x + ((points[parent] as number[])[k] as number)))
    times.push((times[parent] as number) - 30 * DAY * Math.log(1 - next()))
    const names = next()
    cards.push(names < 0.45 ? parent : names < 0.5 ? Math.floor(next() * i) : null)
  }
  // Some were uploaded again.
  for (const i of times.keys()) if (next() < REUPLOADED) times[i] = Math.max(...times) + DAY
  const squared = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      squared[i * size + j] = (points[i] as number[]).reduce((sum, x, k) => sum + (x - ((points[j] as number[])[k] as number)) ** 2, 0)
  const named = (node: number, other: number) => cards[node] === other
  const input: PlacementInput = {
    distances: { size, squared },
    // Its steps go into all directions alike.
    volumes: { size, squared },
    nodes: parents.map((_, i) => i),
    mixtures: new Map(),
    times,
    named,
    cues: (u, v) => ({ information: 0, files: DECLARED * (Number(named(v, u)) - Number(named(u, v))), weights: 0 }),
    kept: () => false,
  }
  return { input, parents }
}
