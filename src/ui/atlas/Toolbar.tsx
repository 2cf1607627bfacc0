import { useId } from "react"
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
  /** Enter in the search. */
  readonly onFind: () => void
  readonly onFilter: (filter: Filter) => void
  readonly onColour: (by: Colouring) => void
  readonly onAxis: (axis: Axis) => void
  readonly onGroups: () => void
}

/** Search, filter, colour, axis and groups. */
export function Toolbar({ atlas, filter, by, axis, groups, matches, onFind, onFilter, onColour, onAxis, onGroups }: ToolbarProps) {
  return (
    <search className="toolbar">
      <input
        type="search"
        value={filter.words}
        maxLength={200}
        placeholder={t("atlas_search")}
        aria-label={t("atlas_search")}
        onChange={({ target }) => onFilter({ ...filter, words: target.value })}
        onKeyDown={({ key }) => key === "Enter" && onFind()}
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
      <Choice label={t("atlas_colour")} value={by} onChoice={onColour} options={COLOURINGS} wordOf={(one) => t(`atlas_by_${one}`)} />
      <Choice label={t("atlas_axis")} value={axis} onChoice={onAxis} options={AXES} wordOf={(one) => t(`atlas_axis_${one}`)} />
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

interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly Value[]
  readonly wordOf: (value: Value) => string
  readonly onChoice: (value: Value) => void
}

function Choice<Value extends string>({ label, value, options, wordOf, onChoice }: ChoiceProps<Value>) {
  const id = useId()
  return (
    <span className="choice-of">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={({ target }) => onChoice(target.value as Value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {wordOf(option)}
          </option>
        ))}
      </select>
    </span>
  )
}
