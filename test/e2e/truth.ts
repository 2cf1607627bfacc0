import { readFileSync } from "node:fs"
import type { Verdict } from "~src/core/words"
import { FIXTURES } from "./harness"

/** What is known of a model of the fixtures, because it was made that way. */
export interface Truth {
  readonly id: string
  readonly card: "right" | "silent" | "wrong"
  readonly parents: readonly { readonly id: string; readonly relation: string; readonly share: number }[]
  readonly declared: readonly string[]
}

const models = (JSON.parse(readFileSync(`${FIXTURES}/truth.json`, "utf8")) as { models: Truth[] }).models

export function truth(id: string): Truth {
  const found = models.find((model) => model.id === id)
  if (!found) throw new Error(`the fixtures have no ${id}`)
  return found
}

/** The verdict that a model deserves. */
export function deserved(id: string): Verdict {
  const { parents, card } = truth(id)
  if (parents.length === 0) return "independent"
  return ({ right: "documented", silent: "undocumented", wrong: "contradicted" } as const)[card]
}
