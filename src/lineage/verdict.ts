import type { Declared, Verdict } from "~src/core/words"

/** Below this a parent is not named: the answer is `unverified`. */
export const CONFIDENCE_BAR = 0.5
/** From this probability on the weights overrule a card that names a relative: calling a right card wrong is the worst mistake. */
export const CONTRADICTION_BAR = 0.85

export interface DeclaredState {
  readonly declared: Declared
  /**
   * `parent` the weights name it (or a twin of it) · `ancestor` further up the same line · `descendant` the direction is the reverse ·
   * `relative` shares weights, neither of these · `unrelated` read and no match · `unread` could not be compared.
   */
  readonly state: "parent" | "ancestor" | "descendant" | "relative" | "unrelated" | "unread"
  /** Why it could not be read. */
  readonly reason?: string
}

export interface VerdictInput {
  readonly model: string
  /** Parents above the bar, best first. */
  readonly parents: readonly { readonly id: string; readonly relation: string; readonly probability: number }[]
  /** The best parent below the bar, if any. */
  readonly doubtful: { readonly id: string; readonly probability: number } | null
  readonly declared: readonly DeclaredState[]
  /** Models that share weights with it, and those of them that descend from it. */
  readonly relatives: number
  readonly descendants: number
  readonly sharedInit: readonly string[]
  /** Models whose common part with it may be either a parent or a shared initialisation. */
  readonly unclear: readonly string[]
  readonly compared: number
  /** True when nothing at all could be compared although candidates existed. */
  readonly nothingRead: boolean
}

/** The verdict in the contract's words with one plain sentence. */
export function conclude(input: VerdictInput): { verdict: Verdict; reason: string } {
  const { parents, declared } = input
  const names = parents.map(({ id }) => id).join(" and ")
  const states = new Set(declared.map(({ state }) => state))
  const first = declared[0]?.declared.id ?? ""
  const wrong = declared.filter(({ state }) => state !== "parent" && state !== "ancestor" && state !== "unread")
  if (parents.length > 0) {
    if (declared.length === 0) return { verdict: "undocumented", reason: `The weights match ${names}, which the card does not mention.` }
    if (states.has("parent"))
      return { verdict: "documented", reason: `The card names ${agreeing(declared, "parent")}, and the weights agree.` }
    if (states.has("ancestor"))
      return {
        verdict: "documented",
        reason: `The card names ${agreeing(declared, "ancestor")}, an ancestor; the direct parent by the weights is ${names}.`,
      }
    const relative = wrong.find(({ state }) => state === "relative")
    if (relative && wrong.length === declared.length && (parents[0]?.probability ?? 0) < CONTRADICTION_BAR)
      return {
        verdict: "unverified",
        reason: `The weights match both ${relative.declared.id}, which the card names, and ${names}; which of them is the parent stays open.`,
      }
    if (wrong.length > 0) {
      const how =
        wrong[0]?.state === "unrelated"
          ? "whose weights do not match"
          : wrong[0]?.state === "descendant"
            ? "which the weights place after this model"
            : "a relative that is not its parent by the weights"
      return { verdict: "contradicted", reason: `The card names ${wrong[0]?.declared.id}, ${how}; the weights match ${names}.` }
    }
    return {
      verdict: "unverified",
      reason: `The weights match ${names}; the declared parent ${first} could not be read (${declared[0]?.reason ?? "not available"}).`,
    }
  }
  if (states.has("descendant"))
    return {
      verdict: "contradicted",
      reason: `The card names ${agreeing(declared, "descendant")}, but the weights point the other way: it descends from this model.`,
    }
  if (input.doubtful) {
    const percent = Math.round(100 * input.doubtful.probability)
    return {
      verdict: "unverified",
      reason: `The weights match ${input.doubtful.id}, but whether it is the parent stays open (${percent} %).`,
    }
  }
  if (states.has("unrelated"))
    return {
      verdict: "contradicted",
      reason: `The card names ${agreeing(declared, "unrelated")}, but their weights do not match, and no other parent was found.`,
    }
  if (states.has("unread"))
    return {
      verdict: "unverified",
      reason: `The declared parent ${first} could not be compared: ${declared.find((d) => d.state === "unread")?.reason ?? "not available"}`,
    }
  if (input.nothingRead) return { verdict: "unverified", reason: "None of the models found for comparison could be read." }
  if (states.has("relative")) return { verdict: "unverified", reason: `The weights match ${first}, but who came first stays open.` }
  if (input.unclear.length > 0)
    return {
      verdict: "unverified",
      reason: `The weights have much in common with ${input.unclear[0]}: long continued training or one random seed; which of them stays open.`,
    }
  if (input.sharedInit.length > 0)
    return {
      verdict: "independent",
      reason: `No parent found. It shares its initialisation (one random seed) with ${input.sharedInit[0]}, which is not descent.`,
    }
  if (input.relatives > 0) {
    const known = input.descendants > 0 ? `${input.descendants} of them descend from it` : "its relatives among them are not its parents"
    return { verdict: "independent", reason: `No parent found among ${input.compared} models compared; ${known}.` }
  }
  return {
    verdict: "independent",
    reason: input.compared === 0 ? "No comparable model was found." : `No relative found among ${input.compared} models compared.`,
  }
}

function agreeing(declared: readonly DeclaredState[], state: DeclaredState["state"]): string {
  return declared
    .filter((entry) => entry.state === state)
    .map((entry) => entry.declared.id)
    .join(" and ")
}
