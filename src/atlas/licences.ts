/**
 * What a licence asks of those who pass a model on, as far as licences of models differ in it. It compares labels, as cards give them,
 * and is no legal advice: whether weights fall under a licence at all is for others to say.
 *
 * Identifiers: https://huggingface.co/docs/hub/repositories-licenses. Conditions are read from the licences' own texts:
 * Creative Commons deeds (https://creativecommons.org/share-your-work/cclicenses/), SPDX (https://spdx.org/licenses/) for software licences,
 * https://www.licenses.ai/rail for RAIL's use restrictions, https://www.llama.com/llama3/license/, https://ai.google.dev/gemma/terms,
 * https://huggingface.co/stabilityai and https://huggingface.co/apple for theirs.
 */
export type Condition =
  /** No commercial use (CC "NC", research licences). */
  | "noncommercial"
  /** Changed versions may not be passed on (CC "ND"). */
  | "no-derivatives"
  /** What is made from it goes under the same terms (copyleft, CC "SA"). */
  | "share-alike"
  /** Certain uses are ruled out, and the rule has to be handed on (RAIL). */
  | "use-limits"
  /** A company's own terms, to be handed on with the model (Llama, Gemma ...). */
  | "own-terms"

const NONE: readonly Condition[] = []

/** By identifier or by how it begins; the first that fits counts. */
const TABLE: readonly (readonly [RegExp, readonly Condition[]])[] = [
  [/^cc-by-nc-nd\b/, ["noncommercial", "no-derivatives"]],
  [/^cc-by-nc-sa\b/, ["noncommercial", "share-alike"]],
  [/^cc-by-nc\b/, ["noncommercial"]],
  [/^cc-by-nd\b/, ["no-derivatives"]],
  [/^cc-by-sa\b/, ["share-alike"]],
  [/^(cc0-1\.0|cc-by-\d.*|pddl|unlicense|wtfpl|odc-by|etalab-2\.0|cdla-permissive-.*|c-uda|openmdw-.*)$/, NONE],
  [/^(apache-2\.0|mit|isc|zlib|ncsa|bsd(-.*)?|bsl-1\.0|afl-3\.0|ecl-2\.0|artistic-2\.0|ms-pl|postgresql|ofl-1\.1)$/, NONE],
  [/^(a|l)?gpl(-.*)?$/, ["share-alike"]],
  [/^(lgpl-lr|mpl-2\.0|epl-.*|eupl-.*|osl-3\.0|odbl|gfdl|lppl-.*|cdla-sharing-.*)$/, ["share-alike"]],
  [/^(openrail(\+\+)?|bigscience-openrail-m|creativeml-openrail-m|bigcode-openrail-m|bigscience-bloom-rail-1\.0)$/, ["use-limits"]],
  [/^(llama\d.*|gemma|grok2-community)$/, ["own-terms", "use-limits"]],
  [/^(apple-ascl)$/, ["own-terms"]],
  [/^(apple-amlr|h-research|intel-research|deepfloyd-if-license|fair-noncommercial-research-license)$/, ["noncommercial", "own-terms"]],
]

/** What the licence asks; null for one that the table does not know ("other", "unknown", a name of one's own). */
export function conditionsOf(licence: string): readonly Condition[] | null {
  const name = licence.trim().toLowerCase()
  return name.length > 64 ? null : (TABLE.find(([pattern]) => pattern.test(name))?.[1] ?? null)
}

/**
 * What an ancestor's licence asks and the child's no longer does: the ways in which the child's is the broader one. Empty where either
 * is unknown.
 */
export function droppedConditions(ancestor: string, child: string): readonly Condition[] {
  const [before, after] = [conditionsOf(ancestor), conditionsOf(child)]
  if (before === null || after === null) return NONE
  return before.filter((condition) => !after.includes(condition))
}
