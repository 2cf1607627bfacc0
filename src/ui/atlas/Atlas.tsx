import { type ReactNode, useCallback, useDeferredValue, useMemo, useRef, useState } from "react"
import { type Merged, mergeAtlas } from "~src/app/merge-atlas"
import type { AtlasReport } from "~src/app/report"
import { t } from "../i18n"
import { modelUrl } from "../links"
import { type Colouring, paintNodes } from "./colouring"
import { Details } from "./Details"
import { FamilyList } from "./FamilyList"
import { Files } from "./Files"
import { familyTree } from "./family-tree"
import { Legend } from "./Legend"
import type { Axis } from "./layout-types"
import { type Look, pathLook, unbornAt } from "./look"
import { Stage } from "./Stage"
import { matching, matchingShown, NO_FILTER } from "./selection"
import { gatherFans, withNamed } from "./shown"
import { Timeline } from "./Timeline"
import { Toolbar } from "./Toolbar"
import { type StartWorker, useLayout } from "./use-layout"
import type { Viewport } from "./use-viewport"
import { visibleReport } from "./visible-report"

export interface AtlasProps {
  readonly atlas: AtlasReport
  readonly current: string
  /** Opens a model's page. */
  readonly open: (url: string) => void
  /** Starts the worker that lays large families out. */
  readonly worker: StartWorker
  /** Whether it has a page of its own: there is room for everything, and a file dialogue does not close it. */
  readonly full: boolean
}

/** The family as a drawing to pan and zoom, and as a list that keyboard and screen readers walk; one mirrors the other. */
export function Atlas({ atlas: own, current, open, worker, full }: AtlasProps) {
  const [files, setFiles] = useState<readonly AtlasReport[]>([])
  const [axis, setAxis] = useState<Axis>("generation")
  const [by, setBy] = useState<Colouring>("relation")
  const [filter, setFilter] = useState(NO_FILTER)
  const [until, setUntil] = useState<number | null>(null)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [focused, setFocused] = useState<string | null>(null)
  const [hovered, setHovered] = useState<string | null>(null)
  const view = useRef<Viewport>(null)

  const merged = useMemo<Merged>(() => mergeAtlas(own, files), [own, files])
  const { atlas } = merged
  const shown = useMemo(() => gatherFans(withNamed(atlas), opened, current), [atlas, opened, current])
  const layout = useLayout(shown, axis, current, worker)
  const rows = useMemo(() => familyTree(shown), [shown])
  const found = useMemo(() => matching(atlas, filter), [atlas, filter])
  const about = hovered ?? focused
  const look = useLook(shown, { by, current, focused, about, until, found })
  // Typing and sliding stay smooth: the drawing follows when there is time.
  const drawn = useDeferredValue(look)

  const { matches } = look
  const listed = useMemo(() => (matches === null ? rows : rows.filter(({ node }) => matches.has(node.id))), [rows, matches])

  const onPick = useCallback(
    (id: string) => {
      const node = shown.nodes.find((one) => one.id === id)
      if (node?.members) {
        setHovered(null)
        setOpened((before) => toggled(before, id))
      } else {
        // A ghost without a name has no page.
        const url = node ? modelUrl(id) : null
        if (url) open(url)
      }
    },
    [shown, open],
  )
  const onFocus = useCallback((id: string) => {
    setFocused(id)
    setHovered(null)
    view.current?.centre(id)
  }, [])
  if (!layout) return <p className="quiet">{t("atlas_loading")}</p>
  const node = shown.nodes.find(({ id }) => id === about)
  const { groups } = shown
  const groupState = groups.length === 0 ? "none" : groups.every((group) => opened.has(group)) ? "open" : "closed"
  return (
    <div className="view">
      <Toolbar
        atlas={atlas}
        filter={filter}
        by={by}
        axis={axis}
        groups={groupState}
        matches={found === null ? null : found.size}
        onFind={() => {
          if (matches !== null && listed[0]) onFocus(listed[0].node.id)
        }}
        onFilter={setFilter}
        onColour={setBy}
        onAxis={setAxis}
        onGroups={() => setOpened(groupState === "open" ? new Set() : new Set(groups))}
      />
      <Stage
        layout={layout}
        look={drawn}
        current={current}
        view={view}
        about={node ? about : null}
        details={node && <Details node={node} shown={shown} />}
        onHover={setHovered}
        onPick={onPick}
      />
      <Legend shown={shown} layout={layout} by={by} paints={look.paints} current={current} />
      <FamilyList rows={listed} current={current} onFocus={onFocus} onPick={onPick} />
      <More open={full}>
        <Timeline atlas={atlas} until={until} onUntil={setUntil} />
        <Files
          model={current}
          view={() => ({ report: visibleReport(atlas, found, until), layout, look, theme: themeNow() })}
          onImport={full ? (file) => setFiles((before) => [...before, file]) : undefined}
          merged={files.length > 0 ? merged.counts : null}
          onForget={() => setFiles([])}
        />
      </More>
    </div>
  )
}

/** The set with the member, or without it where it was there. */
function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(before)
  if (!after.delete(id)) after.add(id)
  return after
}

/** What a popup has no room for stands behind one line. */
function More({ open, children }: { open: boolean; children: ReactNode }) {
  if (open) return children
  return (
    <details className="more">
      <summary>{t("atlas_more")}</summary>
      {children}
    </details>
  )
}

interface LookParts {
  readonly by: Colouring
  readonly current: string
  readonly focused: string | null
  readonly about: string | null
  readonly until: number | null
  readonly found: ReadonlySet<string> | null
}

function useLook(shown: ReturnType<typeof gatherFans>, { by, current, focused, about, until, found }: LookParts): Look {
  const paints = useMemo(() => paintNodes(shown, by), [shown, by])
  const matches = useMemo(() => matchingShown(shown, found), [shown, found])
  const unborn = useMemo(() => unbornAt(shown, until), [shown, until])
  const path = useMemo(() => pathLook(shown, about), [shown, about])
  return useMemo(() => ({ by, paints, current, focused, path, matches, unborn }), [by, paints, current, focused, path, matches, unborn])
}

const themeNow = () => (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")
