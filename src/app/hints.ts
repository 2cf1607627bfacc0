import type { Call, RepoRef } from "~src/hub/types"
import type { ConfigHints } from "~src/lineage/hints"
import { loadHints } from "./gather"
import type { Engine } from "./inspect-types"

/** What models' config.json say. Relatives alone need it, and who is one shows when the weights are compared: they go before. */
export interface HintsDesk {
  /** Asks for it behind all other requests; asked again, the same answer. */
  of(ref: RepoRef): Promise<ConfigHints>
  /** The model is no relative: what was not sent yet is not sent. */
  drop(id: string): void
}

export function createHintsDesk(engine: Engine, call: Call): HintsDesk {
  const known = new Map<string, { readonly hints: Promise<ConfigHints>; readonly unneeded: AbortController }>()
  return {
    of(ref) {
      const before = known.get(ref.id)
      if (before) return before.hints
      const unneeded = new AbortController()
      const hints = loadHints(engine, ref, { ...call, unneeded: unneeded.signal })
      hints.catch(() => {}) // Awaited by who needs it.
      known.set(ref.id, { hints, unneeded })
      return hints
    },
    drop(id) {
      known.get(id)?.unneeded.abort()
      known.delete(id)
    },
  }
}
