import type { AtlasReport } from "~src/app/report"
import { t } from "../i18n"
import { COLOURINGS, type Colouring } from "./colouring"
import type { Axis } from "./layout-types"
import { type Filter, properties } from "./selection"
import { valueWord } from "./words"

const AXES = ["generation", "date", "free"] as const satisfies readonly Axis[]

interface ToolbarProps {
  readonly atlas: AtlasReport
  readonly filter: Filter
  readonly by: Colouring
  readonly axis: Axis
  /** Whether there are groups, and whether all are open. */
  readonly groups: "none" | "closed" | "open"
  readonly matches: number | null
  readonly onFilter: (filter: Filter) => void
  readonly onColour: (by: Colouring) => void
  readonly onAxis: (axis: Axis) => void
  readonly onGroups: () => void
}

/** Search, filter, colour, axis and groups. */
export function Toolbar({ atlas, filter, by, axis, groups, matches, onFilter, onColour, onAxis, onGroups }: ToolbarProps) {
  return (
    <search className="toolbar">
      <input
        type="search"
        value={filter.words}
        maxLength={200}
        placeholder={t("atlas_search")}
        aria-label={t("atlas_search")}
        onChange={({ target }) => onFilter({ ...filter, words: target.value })}
      />
      <select
        value={filter.property}
        aria-label={t("atlas_filter")}
        onChange={({ target }) => onFilter({ ...filter, property: target.value })}
      >
        <option value="">{t("atlas_filter_all")}</option>
        {atlas.edges.some(({ declared }) => !declared) && <option value="undeclared">{t("atlas_undocumented")}</option>}
        {properties(atlas).map(({ kind, values }) => (
          <optgroup key={kind} label={t(`atlas_by_${kind}`)}>
            {values.map((value) => (
              <option key={value} value={`${kind}:${value}`}>
                {valueWord(kind, value)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <label>
        {t("atlas_colour")}
        <select value={by} onChange={({ target }) => onColour(target.value as Colouring)}>
          {COLOURINGS.map((colouring) => (
            <option key={colouring} value={colouring}>
              {t(`atlas_by_${colouring}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("atlas_axis")}
        <select value={axis} onChange={({ target }) => onAxis(target.value as Axis)}>
          {AXES.map((one) => (
            <option key={one} value={one}>
              {t(`atlas_axis_${one}`)}
            </option>
          ))}
        </select>
      </label>
      {groups !== "none" && (
        <button type="button" onClick={onGroups} aria-pressed={groups === "open"}>
          {t("atlas_groups")}
        </button>
      )}
      <span className="quiet" role="status">
        {matches !== null && t("atlas_matches", { count: matches, total: atlas.nodes.length })}
      </span>
    </search>
  )
}
