import type { Evidence, Worded } from "~src/core/words"
import type { Fingerprint } from "~src/fingerprint/types"
import { plain } from "~src/hub/ids"
import type { RankedBase } from "./adapter"
import { isLocalPath } from "./adapter-origin"
import type { DeclaredState } from "./verdict"

const percent = (share: number) => `${(100 * share).toPrecision(2)} %`

/**
 * What speaks for or against one model as an adapter's base, as the panel shows it: shapes first, then what the files say, then
 * the adapter's own numbers.
 * @param ranked one answer of `rankBases`
 * @param others how many further candidates fit as well
 */
export function baseEvidence(adapter: Fingerprint, ranked: RankedBase, baseId: string, others: number): Evidence[] {
  const list: Evidence[] = []
  const { fit, named } = ranked
  if (fit !== null && fit.checked > 0)
    list.push({
      kind: "adapter-shapes",
      value: fit.fitting / fit.checked,
      says: fit.misfit === null ? "for" : "against",
      text:
        fit.misfit === null
          ? `All ${fit.checked} adapted matrices are in ${baseId}, in the right shape${others > 0 ? `; ${others} other ${others === 1 ? "model fits" : "models fit"} as well` : ""}.`
          : `${fit.fitting} of ${fit.checked} adapted matrices fit ${baseId}: ${fit.misfit}.`,
      worded:
        fit.misfit === null
          ? { as: others > 0 ? "fits_too" : "fits", values: { matrices: fit.checked, name: baseId, count: others } }
          : { as: "misfits", values: { fitting: fit.fitting, matrices: fit.checked, name: baseId, misfit: fit.misfit } },
    })
  if (fit?.sameDepth === false)
    list.push({
      kind: "adapter-depth",
      value: null,
      says: "against",
      text: `${baseId} has more layers than the adapter changes.`,
      worded: { as: "deeper", values: { name: baseId } },
    })
  if (named !== null && named.how !== "none")
    list.push({ kind: "file-hint", value: null, says: "for", text: namedText(named, baseId), worded: namedWords(named, baseId) })
  if (ranked.how.includes("card"))
    list.push({
      kind: "card",
      value: null,
      says: "for",
      text: `The card names ${baseId}.`,
      worded: { as: "card", values: { name: baseId } },
    })
  return [...list, ...numbers(adapter, ranked, baseId)]
}

function namedWords({ how, origin }: NonNullable<RankedBase["named"]>, baseId: string): Worded {
  if (how === "id") return { as: "base_files", values: { name: baseId } }
  const as = how === "spelling" ? "base_spelling" : how === "name" ? "base_name" : how === "unquantised" ? "base_packed" : "base_words"
  return { as, values: { name: baseId, origin: plain(origin, 120) } }
}

function namedText({ how, origin }: NonNullable<RankedBase["named"]>, baseId: string): string {
  const what = `${isLocalPath(origin) ? "the path " : ""}"${plain(origin, 120)}"`
  if (how === "id") return `The adapter's files name ${baseId} as their base.`
  if (how === "spelling") return `The adapter's files name ${what} as their base: ${baseId} but for upper and lower case.`
  if (how === "name") return `The adapter's files name ${what} as their base, which ends in this model's name.`
  if (how === "unquantised") return `The adapter's files name ${what} as their base, a packed copy by its name.`
  return `The adapter's files name ${what} as their base, which shares words with this model's name.`
}

function numbers({ facts }: Fingerprint, { weights, how }: RankedBase, baseId: string): Evidence[] {
  const list: Evidence[] = []
  const says = (reason: (typeof how)[number]) => (how.includes(reason) ? "for" : "neutral")
  if (weights.whole !== null)
    list.push({
      kind: "adapter-whole",
      value: Math.sqrt(weights.whole),
      says: says("whole"),
      text: `The tensors that the adapter carries whole differ by ${percent(Math.sqrt(weights.whole))} of their size from those of ${baseId}.`,
      worded: { as: "whole", values: { share: Math.sqrt(weights.whole), name: baseId } },
    })
  if (weights.magnitude !== null)
    list.push({
      kind: "adapter-magnitude",
      value: Math.sqrt(weights.magnitude),
      says: says("magnitude"),
      text: `${facts.adapter?.kind ?? "DoRA"}'s magnitudes differ by ${percent(Math.sqrt(weights.magnitude))} from the norms of ${baseId}'s rows, where their training began.`,
      worded: { as: "magnitude", values: { kind: facts.adapter?.kind ?? "DoRA", share: Math.sqrt(weights.magnitude), name: baseId } },
    })
  if (weights.span !== null)
    list.push({
      kind: "adapter-span",
      value: Math.exp(weights.span),
      says: says("span"),
      text: `The adapter's inner directions hold ${Math.exp(weights.span).toFixed(2)} times as much of ${baseId}'s rows as chance gives; this tells families apart, not the members of one.`,
      worded: { as: "span", values: { times: Math.exp(weights.span), name: baseId } },
    })
  return list
}

/**
 * What becomes of a base that a card or the adapter's files name, in the verdict's words.
 * @param bar the probability from which a parent is named
 */
export function standing(ranked: RankedBase, bar: number): DeclaredState["state"] {
  if (ranked.probability >= bar) return "parent"
  if (ranked.fit === null) return "unread"
  return ranked.fit.misfit === null ? "relative" : "unrelated"
}
