import type { DiffLine } from "~src/app/line-diff"
import { t } from "../i18n"

const SIGNS: Readonly<Record<DiffLine["kind"], string>> = { same: " ", old: "−", new: "+", gap: "…" }
/** Longest line shown whole: what is sent is the file, which can be looked at below. */
const LONGEST = 300

/** Changed lines with a sign and a word each, never colour alone. */
export function Diff({ lines }: { lines: readonly DiffLine[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="diff" aria-label={t("panel_diff")} tabIndex={0}>
      {lines.map(({ kind, text }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines keep their places
        <div key={i} data-kind={kind} dir="ltr">
          <span aria-hidden="true">{SIGNS[kind]} </span>
          {(kind === "old" || kind === "new") && <span className="sr">{t(`panel_diff_${kind}`)} </span>}
          {text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}
        </div>
      ))}
    </section>
  )
}
