import { PedigreeError } from "~src/core/errors"
import { serially } from "./queue"
import { createSession, type Ort, type Outputs } from "./session"
import type { Provider, Scorers, TokenSet } from "./types"

/** Pairs that go through a graph at once: enough to amortise the call, some megabytes. */
const MOST_PAIRS = 128

export interface ScorerOptions {
  readonly ort: Ort
  /** The bytes of assets/relation.onnx and of assets/direction.onnx. */
  readonly relation: () => Promise<Uint8Array>
  readonly direction: () => Promise<Uint8Array>
  /** `auto` is wasm here: these graphs are so small that starting their kernels on a GPU would cost more than they compute. */
  readonly prefer: "auto" | Provider
}

/** The runner of the learned scorers; nothing is loaded before the first run. */
export function createScorers({ ort, relation, direction, prefer }: ScorerOptions): Scorers {
  const providers = [prefer === "auto" ? ("wasm" as const) : prefer]
  const scorer = (model: () => Promise<Uint8Array>, output: string) => {
    const session = createSession({ ort, model, providers })
    return async (sets: readonly TokenSet[], signal: AbortSignal): Promise<Float32Array[]> => {
      const answers: Float32Array[] = []
      for (let from = 0; from < sets.length; from += MOST_PAIRS) {
        const batch = sets.slice(from, from + MOST_PAIRS)
        const outputs = await serially(async () => {
          signal.throwIfAborted()
          return session.run(stack(ort, batch))
        })
        answers.push(...split(outputs, output, batch.length))
      }
      signal.throwIfAborted()
      return answers
    }
  }
  const [relations, directions] = [scorer(relation, "logits"), scorer(direction, "odds")]
  return {
    relations,
    directions: async (sets, signal) => (await directions(sets, signal)).map((odds) => odds[0] as number),
  }
}

/** Token sets as [pairs, tokens, features], padded to the largest, with a mask that says which tokens are there. */
function stack(ort: Ort, sets: readonly TokenSet[]) {
  const features = (sets[0] as TokenSet).features
  const counts = sets.map(({ values }) => values.length / features)
  const most = Math.max(1, ...counts)
  const tokens = new Float32Array(sets.length * most * features)
  const mask = new Float32Array(sets.length * most)
  for (const [i, { values, features: own }] of sets.entries()) {
    if (own !== features || values.length % features > 0) throw new RangeError("a token set's values do not fit its features")
    tokens.set(values, i * most * features)
    mask.fill(1, i * most, i * most + (counts[i] as number))
  }
  return {
    tokens: new ort.Tensor("float32", tokens, [sets.length, most, features]),
    mask: new ort.Tensor("float32", mask, [sets.length, most]),
  }
}

function split(outputs: Outputs, name: string, count: number): Float32Array[] {
  const data = outputs[name]?.data
  if (!(data instanceof Float32Array)) throw new PedigreeError("unsupported", `The scorer gave no ${name}.`, "Install the extension anew.")
  const size = data.length / count
  return Array.from({ length: count }, (_, i) => data.slice(i * size, (i + 1) * size))
}
