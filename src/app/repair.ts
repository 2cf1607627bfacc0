import { PedigreeError } from "~src/core/errors"
import type { Relation } from "~src/core/words"
import { plain } from "~src/hub/ids"
import type { Call } from "~src/hub/types"
import { editCard } from "./front-matter"
import type { Engine } from "./inspect-types"
import type { DiffLine } from "./line-diff"
import type { LineageReport } from "./report"
import { type WantedCard, wantedCard } from "./wanted-card"

/** A change to a model's card, drafted for a person to look at: nothing of it is sent by itself. */
export interface Repair {
  readonly model: string
  /** The commit whose card it changes. */
  readonly revision: string
  readonly diff: readonly DiffLine[]
  readonly frontMatter: string
  /** The whole README.md with the change. */
  readonly card: string
  readonly title: string
  readonly description: string
  /** Stands for all of the above: who agrees to it agrees to exactly this. */
  readonly digest: string
}

/** Cards beyond this are not edited by a program. */
const CARD_BYTES = 2_000_000

/**
 * Drafts the repair that a report suggests, from the card at the commit that was read.
 * @throws PedigreeError when there is nothing to repair, or the card cannot be read or edited
 */
export async function repairOf(engine: Engine, report: LineageReport, call: Call): Promise<Repair> {
  const wanted = wantedCard(report)
  if (!wanted)
    throw new PedigreeError("bad-arguments", "There is nothing to repair: the card and the weights agree, or the weights are not sure.", "")
  const { model, revision } = report
  const edit = editCard(await readCard(engine, report, call), wanted)
  const words = { title: titleOf(wanted), description: describe(report, wanted) }
  const content = JSON.stringify([model, revision, edit.card, words])
  return { model, revision, ...edit, ...words, digest: await sha256(content) }
}

async function readCard(engine: Engine, { model, revision }: LineageReport, call: Call): Promise<string> {
  try {
    return await engine.hub.text({ id: model, revision }, "README.md", CARD_BYTES, call)
  } catch (error) {
    if (error instanceof PedigreeError && error.code === "no-such-file") return ""
    throw error
  }
}

const titleOf = ({ parents }: WantedCard): string =>
  plain(`Name ${parents.length === 1 ? parents[0] : "the merged models"} as base model in the card's metadata`, 140)

/** In English, as most of the Hub is: the model's owner reads it, in whatever language the proposer's browser is. */
const RELATIONS: Partial<Readonly<Record<Relation, string>>> = {
  copy: "the same weights",
  precision: "the same weights in another precision or container",
  quantized: "a quantised version of",
  adapter: "an adapter for",
  merge: "a merge with parts of",
}

function describe(report: LineageReport, { relation }: WantedCard): string {
  const found = report.parents.map(({ id, relation: how, probability, share, evidence }) => {
    const part = how === "merge" ? `, share ${Math.round(100 * share)} %` : ""
    const facts = evidence.filter(({ says }) => says === "for").slice(0, 3)
    const lines = facts.map(({ text }) => `  - ${plain(text, 300)}`)
    return [`- ${RELATIONS[how] ?? "made from"} \`${id}\` (probability ${Math.floor(1000 * probability) / 10} %${part})`, ...lines].join(
      "\n",
    )
  })
  return [
    `By its weights at commit ${report.revision.slice(0, 8)}, this model is:`,
    found.join("\n"),
    `This change names it in the metadata${relation ? ` (\`base_model_relation: ${relation}\`)` : ""}, so that the model tree shows it. Nothing else in the card changes.`,
    `Measured with Pedigree (engine ${report.engine}) on sampled rows of the weight files. A measurement can be wrong: please close this if you know better.`,
  ].join("\n\n")
}

async function sha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}
