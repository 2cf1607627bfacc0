import { type KeyboardEvent, useEffect, useRef, useState } from "react"
import { list } from "../format"
import { code, t } from "../i18n"
import type { TreeRow } from "./family-tree"
import { nextRow } from "./walk"

interface FamilyListProps {
  readonly rows: readonly TreeRow[]
  readonly current: string
  readonly onFocus: (id: string) => void
  readonly onOpen: (id: string) => void
}

/** The drawing's twin: a tree of the same models with one tab stop, walked by the arrow keys. */
export function FamilyList({ rows, current, onFocus, onOpen }: FamilyListProps) {
  const start = Math.max(
    0,
    rows.findIndex((row) => row.node.id === current),
  )
  const [active, setActive] = useState(start)
  const items = useRef<(HTMLDivElement | null)[]>([])

  // The list is short; the current model must not hide below its edge.
  useEffect(() => items.current[start]?.scrollIntoView({ block: "nearest" }), [start])

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active]
    if (event.key === "Enter" || event.key === " ") {
      if (row && !row.node.ghost) onOpen(row.node.id)
    } else {
      const next = nextRow(rows, active, event.key)
      if (next === null) return
      setActive(next)
      items.current[next]?.focus()
    }
    event.preventDefault()
  }
  return (
    <div className="family">
      <p className="quiet" id="family-help">
        {t("atlas_help")}
      </p>
      <div role="tree" aria-label={t("atlas_list")} aria-describedby="family-help" onKeyDown={onKeyDown}>
        {rows.map((row, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys for all its items
          <div
            key={row.node.id}
            ref={(element) => {
              items.current[index] = element
            }}
            role="treeitem"
            aria-level={row.level}
            aria-posinset={row.position}
            aria-setsize={row.siblings}
            aria-current={row.node.id === current ? "page" : undefined}
            aria-selected={index === active}
            tabIndex={index === active ? 0 : -1}
            style={{ paddingInlineStart: row.level * 16 }}
            onFocus={() => {
              setActive(index)
              onFocus(row.node.id)
            }}
            onClick={() => !row.node.ghost && onOpen(row.node.id)}
          >
            <bdi className="name" title={row.node.id}>
              {row.node.id}
            </bdi>{" "}
            <span className="quiet">{details(row, current)}</span>
          </div>
        ))}
      </div>
    </div>
  )
}

/** What the drawing shows by line and frame, in words. */
function details({ node, edge, others }: TreeRow, current: string): string {
  const words = [
    edge && t(`relation_${code(edge.relation)}`),
    edge && (edge.declared ? t("atlas_documented") : t("atlas_undocumented")),
    others.length > 0 && t("atlas_other_parents", { names: list(others) }),
    node.ghost ? t("atlas_ghost") : t(`verdict_${node.verdict}`),
    node.id === current && t("atlas_current"),
  ]
  return words.filter((word) => typeof word === "string").join(" · ")
}
