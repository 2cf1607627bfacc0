import { Fragment } from "react"
import type { LineageReport } from "~src/app/report"
import { code, t } from "../i18n"
import { Name, Say } from "../parts"
import { reasonText } from "../sentences"
import { isDeclared } from "./agreement"

const SHOWN = 3

/** The verdict as one sentence of fact, with names to follow where card and weights name parents. */
export function Headline({ report }: { report: LineageReport }) {
  const template = templateOf(report)
  if (template === null) return <span dir="auto">{reasonText(report)}</span>
  const parents = report.parents.map((parent) => (
    <Say
      key={parent.id}
      text={t("headline_parent")}
      fill={{ name: <Name id={parent.id} ghost={parent.ghost} />, relation: t(`relation_${code(parent.relation)}`) }}
    />
  ))
  const declared = report.declared.map(({ id }) => <Name key={id} id={id} />)
  return <Say text={template} fill={{ parents: joined(parents), declared: joined(declared) }} />
}

/** The card may also name an ancestor, or the direction be the reverse: then the reason says it better than a template. */
function templateOf({ verdict, parents, ...report }: LineageReport): string | null {
  // A parent that was not read agrees with nothing: the reason says so.
  if (parents.length === 0 || parents.some(({ ghost }) => ghost)) return null
  if (verdict === "undocumented" || verdict === "contradicted") return t(`headline_${verdict}`)
  return verdict === "documented" && parents.every((parent) => isDeclared(report, parent.id)) ? t("headline_documented") : null
}

/** "a, b, c, …" */
function joined(items: readonly React.ReactNode[]): React.ReactNode {
  return items.slice(0, SHOWN + 1).map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list, drawn once
    <Fragment key={index}>
      {index > 0 && ", "}
      {index < SHOWN ? item : "…"}
    </Fragment>
  ))
}
