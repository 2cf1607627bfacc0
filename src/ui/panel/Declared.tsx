import type { DeclaredOnPage } from "../page/model-page"
import { Name, Say } from "../parts"
import { FIRST, HUB_RELATION_WORDS } from "../wording"

/** The declared side from the page itself, in the words of the first paint. */
export function Declared({ declared }: { declared: readonly DeclaredOnPage[] }) {
  if (declared.length === 0) return <p className="text">{FIRST.cardNamesNone}</p>
  const names = declared.slice(0, 5).map(({ id, relation }, index) => (
    <span key={id}>
      {index > 0 && ", "}
      <Name id={id} />
      {relation && ` (${HUB_RELATION_WORDS[relation]})`}
    </span>
  ))
  return (
    <p className="text">
      <Say text={FIRST.cardNames} fill={[names]} />
    </p>
  )
}
