import { uniform } from "~src/core/uniform"
import { referenceStatistics, worstError } from "./reference"
import type { PairBlock, PairStatisticsRunner, Provider } from "./types"

export interface SelfTest {
  readonly provider: Provider
  /** Wall-clock time of the run, with starting the runtime when it had not run before. */
  readonly milliseconds: number
  /** See `worstError`; a healthy provider stays below `TOLERANCE`. */
  readonly worstError: number
}

/** Runs a few seeded random blocks through the real runtime and compares them with the float64 reference. Throws what the runner throws. */
export async function selfTest(runner: PairStatisticsRunner, signal: AbortSignal): Promise<SelfTest> {
  const blocks = [sampleBlock(16, 96, 1), sampleBlock(16, 96, 2), sampleBlock(1, 33, 3), sampleBlock(80, 24, 4)]
  const started = performance.now()
  const answers = await runner.run(blocks, signal)
  const milliseconds = performance.now() - started
  const errors = blocks.map((block, i) => {
    const answer = answers[i]
    return answer ? worstError(answer, referenceStatistics(block)) : Number.POSITIVE_INFINITY
  })
  if (runner.provider === null) throw new Error("the runner ran without a provider")
  return { provider: runner.provider, milliseconds, worstError: Math.max(...errors) }
}

/** A block like a layer and its fine-tuned version: values about 0.02, B differing from A by `change` of that. Same seed, same block. */
export function sampleBlock(rows: number, cols: number, seed: number, change = 0.01): PairBlock {
  const next = uniform(seed)
  const swing = () => 0.02 * (next() * 2 - 1)
  const a = Float32Array.from({ length: rows * cols }, swing)
  const b = a.map((value) => value + change * swing())
  return { a, b, rows, cols }
}
