import type { ReactNode } from "react"
import { plain } from "~src/hub/ids"
import { Name } from "../parts"

/** Rows shown of each long list; the command line's JSON has all of them. */
const SHOWN = 40

/** A list in a frame that scrolls when it is long, by keyboard too. */
export function RowList({ children }: { children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <ul className="rows" tabIndex={0}>
      {children}
    </ul>
  )
}

/** Models with a word to each. */
export function Rows({ rows }: { rows: readonly { readonly id: string; readonly text: string }[] }) {
  return (
    <RowList>
      {rows.slice(0, SHOWN).map(({ id, text }) => (
        <li key={id}>
          <Name id={id} /> <span className="quiet">{plain(text, 300)}</span>
        </li>
      ))}
      {rows.length > SHOWN && <li>…</li>}
    </RowList>
  )
}
