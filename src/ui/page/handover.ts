import type { DeclaredParent } from "~src/hub/types"
import type { Language } from "../i18n"

/** What the small script hands to the React panel. */
export interface PanelInput {
  readonly model: string
  readonly declared: readonly DeclaredParent[]
  readonly discussions: boolean
  /** Element inside the shadow root with the first paint in it, which the view replaces. */
  readonly container: HTMLElement
  /** The two bundles have a `t` each. */
  readonly language: Language
  /** Whether the weights are read without being asked for. */
  readonly reads: boolean
  /** Weight bytes per model at most: what a click would cost. */
  readonly budget: number
  /** Whether the person is to be asked for their login where a closed model blocks the answer. */
  readonly asksLogin: boolean
  readonly signal: AbortSignal
  /** Takes the whole panel off the page, for when the extension was updated under it. */
  readonly dismiss: () => void
}

/**
 * Where the large bundle leaves its one function: bundles have no exports, but small and large one run in the same isolated
 * world, unseen by the page.
 */
export const handover = globalThis as { pedigreeShow?: (input: PanelInput) => void }
