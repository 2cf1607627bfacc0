import type { DeclaredParent } from "~src/hub/types"

/** What the small script hands to the React panel. */
export interface PanelInput {
  readonly model: string
  readonly declared: readonly DeclaredParent[]
  /** Empty element inside the shadow root, or one with the first paint in it, which the view replaces. */
  readonly container: HTMLElement
  readonly signal: AbortSignal
  /** Takes the whole panel off the page, for when the extension was updated under it. */
  readonly dismiss: () => void
}

export type ShowPanel = (input: PanelInput) => void

/**
 * The two content scripts share one isolated world, unseen by the page. The small one asks for the view, the large one
 * offers it; whichever comes second makes the connection, so their order does not matter.
 */
interface Meeting {
  pedigreeAsked?: (show: ShowPanel) => void
  pedigreeView?: ShowPanel
}
const meeting = globalThis as Meeting

export function askForView(use: (show: ShowPanel) => void): void {
  if (meeting.pedigreeView) use(meeting.pedigreeView)
  else meeting.pedigreeAsked = use
}

export function offerView(show: ShowPanel): void {
  meeting.pedigreeView = show
  meeting.pedigreeAsked?.(show)
}
