import type { DeclaredParent } from "~src/hub/types"
import { t } from "../i18n"
import { Name, Say } from "../parts"
import { hubRelationWord } from "../wording"

/** The declared side from the page itself, in the words of the first paint. */
export function Declared({ declared }: { declared: readonly DeclaredParent[] }) {
  if (declared.length === 0) return <p className="text">{t("first_card_names_none")}</p>
  const names = declared.slice(0, 5).map(({ id, relation }, index) => (
    <span key={id}>
      {index > 0 && ", "}
      <Name id={id} />
      {relation && ` (${hubRelationWord(relation)})`}
    </span>
  ))
  return (
    <p className="text">
      <Say text={t("first_card_names")} fill={{ names }} />
    </p>
  )
}
