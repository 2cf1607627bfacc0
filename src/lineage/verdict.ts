import type { Declared, Verdict, Worded } from "~src/core/words"

/** Below this a parent is not named: the answer is `unverified`. */
export const CONFIDENCE_BAR = 0.5
/** From this probability on the weights overrule a card that names a relative: calling a right card wrong is the worst mistake. */
export const CONTRADICTION_BAR = 0.95

/** Below this who came first stays open: a silent card is not called undocumented where the model may be the older of the two. */
const ORDER_BAR = 0.8

export interface DeclaredState {
  readonly declared: Declared
  /**
   * `parent` the weights name it (or a twin of it) · `ancestor` further up the same line · `descendant` the direction is the reverse ·
   * `relative` shares weights, neither of these · `unrelated` read and no match · `unread` could not be compared.
   */
  readonly state: "parent" | "ancestor" | "descendant" | "relative" | "unrelated" | "unread"
  /** Why it could not be read. */
  readonly reason?: string
  /** The open copy that was read in its place. */
  readonly through?: string
}

export interface VerdictInput {
  readonly model: string
  /** Parents above the bar, best first. */
  readonly parents: readonly {
    readonly id: string
    readonly relation: string
    readonly probability: number
    /** That the parent is above the model, given that they are parent and child. */
    readonly direction: { readonly probability: number }
  }[]
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

export interface Concluded {
  readonly verdict: Verdict
  /** One plain sentence. */
  readonly reason: string
  /** The same sentence as data. */
  readonly worded: Worded
}

const concluded = (verdict: Verdict, reason: string, as: string, values: Worded["values"] = {}): Concluded => ({
  verdict,
  reason,
  worded: { as, values },
})

const orderOpen = (names: string) =>
  concluded("unverified", `The weights match ${names}, but who came first stays open.`, "order_open", { declared: names })

/** The verdict in the contract's words with one plain sentence. */
export function conclude(input: VerdictInput): Concluded {
  const { parents, declared } = input
  const names = parents.map(({ id }) => id).join(" and ")
  const states = new Set(declared.map(({ state }) => state))
  const first = declared[0]?.declared.id ?? ""
  const wrong = declared.filter(({ state }) => state !== "parent" && state !== "ancestor" && state !== "unread")
  if (parents.length > 0) {
    if (declared.length === 0 && parents.every(({ direction }) => direction.probability < ORDER_BAR)) return orderOpen(names)
    if (declared.length === 0)
      return concluded("undocumented", `The weights match ${names}, which the card does not mention.`, "unmentioned", { parents: names })
    if (states.has("parent")) {
      const named = agreeing(declared, "parent")
      const through = declared.flatMap(({ state, through }) => (state === "parent" && through ? [through] : [])).join(" and ")
      if (through !== "") {
        const reason = `The card names ${named}, and the weights agree; they were read through its open copy ${through}.`
        return concluded("documented", reason, "agrees_copy", { declared: named, copy: through })
      }
      return concluded("documented", `The card names ${named}, and the weights agree.`, "agrees", { declared: named })
    }
    if (states.has("ancestor")) {
      const named = agreeing(declared, "ancestor")
      const reason = `The card names ${named}, an ancestor; the direct parent by the weights is ${names}.`
      return concluded("documented", reason, "ancestor", { declared: named, parents: names })
    }
    const relative = wrong.find(({ state }) => state === "relative")?.declared.id
    if (relative !== undefined && wrong.length === declared.length && (parents[0]?.probability ?? 0) < CONTRADICTION_BAR) {
      const reason = `The weights match both ${relative}, which the card names, and ${names}; which of them is the parent stays open.`
      return concluded("unverified", reason, "either", { declared: relative, parents: names })
    }
    if (wrong[0]) {
      const { state } = wrong[0]
      const [how, as] =
        state === "unrelated"
          ? ["whose weights do not match", "instead_of_unrelated"]
          : state === "descendant"
            ? ["which the weights place after this model", "instead_of_descendant"]
            : ["a relative that is not its parent by the weights", "instead_of_relative"]
      const named = wrong[0].declared.id
      return concluded("contradicted", `The card names ${named}, ${how}; the weights match ${names}.`, as, {
        declared: named,
        parents: names,
      })
    }
    const why = declared[0]?.reason ?? "not available"
    const reason = `The weights match ${names}; the declared parent ${first} could not be read (${why}).`
    return concluded("unverified", reason, "match_but_unread", { parents: names, declared: first, why })
  }
  if (states.has("descendant")) {
    const named = agreeing(declared, "descendant")
    const reason = `The card names ${named}, but the weights point the other way: it descends from this model.`
    return concluded("contradicted", reason, "reverse", { declared: named })
  }
  if (input.doubtful) {
    const { id, probability } = input.doubtful
    const reason = `The weights match ${id}, but whether it is the parent stays open (${Math.round(100 * probability)} %).`
    return concluded("unverified", reason, "doubtful", { name: id, share: probability })
  }
  if (states.has("unrelated")) {
    const named = agreeing(declared, "unrelated")
    const reason = `The card names ${named}, but their weights do not match, and no other parent was found.`
    return concluded("contradicted", reason, "unrelated", { declared: named })
  }
  if (states.has("unread")) {
    const why = declared.find(({ state }) => state === "unread")?.reason ?? "not available"
    return concluded("unverified", `The declared parent ${first} could not be compared: ${why}`, "unread", { declared: first, why })
  }
  if (input.nothingRead) return concluded("unverified", "None of the models found for comparison could be read.", "nothing_read")
  if (states.has("relative")) return orderOpen(first)
  const [unclear] = input.unclear
  if (unclear !== undefined) {
    const reason = `The weights have much in common with ${unclear}: long continued training or one random seed; which of them stays open.`
    return concluded("unverified", reason, "unclear", { name: unclear })
  }
  const [twin] = input.sharedInit
  if (twin !== undefined) {
    const reason = `No parent found. It shares its initialisation (one random seed) with ${twin}, which is not descent.`
    return concluded("independent", reason, "shared_init", { name: twin })
  }
  const { relatives, descendants, compared } = input
  if (relatives > 0) {
    const known = descendants > 0 ? `${descendants} of them descend from it` : "its relatives among them are not its parents"
    const reason = `No parent found among ${compared} models compared; ${known}.`
    return concluded("independent", reason, descendants > 0 ? "has_descendants" : "has_relatives", { count: compared, descendants })
  }
  if (compared === 0) return concluded("independent", "No comparable model was found.", "nothing_comparable")
  return concluded("independent", `No relative found among ${compared} models compared.`, "no_relative", { count: compared })
}

function agreeing(declared: readonly DeclaredState[], state: DeclaredState["state"]): string {
  return declared
    .filter((entry) => entry.state === state)
    .map((entry) => entry.declared.id)
    .join(" and ")
}
