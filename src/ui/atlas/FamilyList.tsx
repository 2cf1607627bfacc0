import { type KeyboardEvent, useEffect, useRef, useState } from "react"
import { t } from "../i18n"
import type { TreeRow } from "./family-tree"
import { nextRow } from "./walk"
import { rowWords, titleOf } from "./words"

interface FamilyListProps {
  readonly rows: readonly TreeRow[]
  readonly current: string
  readonly onFocus: (id: string) => void
  /** Opens a model's page; opens or closes a group. */
  readonly onPick: (id: string) => void
}

/** So many rows before and behind the active one are in the page: thousands would make every step slow. */
const WINDOW = 60

/** The drawing's twin: a tree of the same models with one tab stop, walked by the arrow keys. */
export function FamilyList({ rows, current, onFocus, onPick }: FamilyListProps) {
  const [active, setActive] = useState(current)
  const items = useRef(new Map<string, HTMLDivElement>())
  const found = rows.findIndex((row) => row.node.id === active)
  const index = found < 0 ? 0 : found
  const [wanted, setWanted] = useState<string | null>(null)

  // The list is short; the current model must not hide below its edge.
  useEffect(() => items.current.get(current)?.scrollIntoView({ block: "nearest" }), [current])
  // Focus follows once the row is in the page.
  useEffect(() => {
    if (wanted === null) return
    items.current.get(wanted)?.focus()
    setWanted(null)
  }, [wanted])

  const go = (row: TreeRow | undefined) => {
    if (!row) return
    setActive(row.node.id)
    setWanted(row.node.id)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[index]
    // A closed group opens to the right, an open one closes to the left.
    const turn = row?.node.members && (row.node.isOpen ? "ArrowLeft" : "ArrowRight")
    if (row && ["Enter", " ", turn].includes(event.key)) onPick(row.node.id)
    else {
      const next = nextRow(rows, index, event.shiftKey ? `Shift+${event.key}` : event.key)
      if (next === null) return
      go(rows[next])
    }
    event.preventDefault()
  }
  const first = Math.max(0, index - WINDOW)
  return (
    <div className="family">
      <p className="quiet" id="family-help">
        {t("atlas_help")}
      </p>
      <div role="tree" aria-label={t("atlas_list")} aria-describedby="family-help" onKeyDown={onKeyDown}>
        {rows.slice(first, index + WINDOW).map((row) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys for all its items
          <div
            key={row.node.id}
            ref={(element) => {
              if (element) items.current.set(row.node.id, element)
              else items.current.delete(row.node.id)
            }}
            role="treeitem"
            aria-level={row.level}
            aria-posinset={row.position}
            aria-setsize={row.siblings}
            aria-expanded={row.node.isOpen}
            aria-current={row.node.id === current ? "page" : undefined}
            aria-selected={row === rows[index]}
            tabIndex={row === rows[index] ? 0 : -1}
            style={{ paddingInlineStart: Math.min(row.level, 12) * 16 }}
            onFocus={() => {
              setActive(row.node.id)
              onFocus(row.node.id)
            }}
            onClick={() => onPick(row.node.id)}
          >
            <bdi className="name" title={titleOf(row.node)}>
              {titleOf(row.node)}
            </bdi>{" "}
            <span className="quiet">{rowWords(row, current)}</span>
          </div>
        ))}
      </div>
    </div>
  )
}
