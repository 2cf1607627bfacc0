import type { Mark } from "~src/app/list-marks"
import type { ErrorCode } from "~src/core/errors"
import { code, t } from "../i18n"
import { hubRelationWord, modelName, VERDICT_ICONS } from "../wording"

/** Name of the element that holds a badge; it is not registered, so the page cannot give it behaviour. */
export const BADGE_HOST = "pedigree-badge"

/** Takes no room of its own, so that nothing moves: it hangs on the lower edge of the card, whose padding it is told. */
const STYLE = `
:host { all: initial; display: block; position: relative; block-size: 0; color-scheme: light }
:host-context(.dark) { color-scheme: dark }
.badge {
  position: absolute; inset-block-end: calc(-9px - var(--padding)); inset-inline-end: 10px; z-index: 1; max-inline-size: calc(100% - 20px); box-sizing: border-box;
  display: flex; gap: 4px; padding: 0 7px; border: 1px solid light-dark(#d1d5db, #374151); border-radius: 9px;
  background: light-dark(#fff, #0b0f19); color: light-dark(#4b5563, #9ca3af);
  font: 11px/16px "Source Sans Pro", ui-sans-serif, system-ui, sans-serif; text-align: start; white-space: nowrap; cursor: default;
}
button.badge { cursor: pointer }
button.badge:hover { border-color: currentcolor }
.badge:focus-visible { outline: 2px solid light-dark(#1d4ed8, #93c5fd); outline-offset: 1px }
.badge b { font-weight: 600 }
.text { overflow: hidden; text-overflow: ellipsis }
[data-verdict="documented"] { color: light-dark(#166534, #86efac) }
[data-verdict="undocumented"] { color: light-dark(#92400e, #fcd34d) }
[data-verdict="contradicted"] { color: light-dark(#9f1239, #fda4af) }
@media (forced-colors: active) { .badge { border-color: CanvasText; color: CanvasText } }
@media print { :host { display: none } }
`

export interface Badge {
  readonly host: HTMLElement
  /** Shows what is known, or `null` while the weights are being read; after a failure, which one it was. */
  show(mark: Mark | null, failure?: ErrorCode): void
}

/**
 * A badge in a shadow root of its own. What the card declares is a button that has the weights read; a verdict is plain text.
 *
 * @param read called when the person asks for the weights
 */
export function createBadge(card: Element, id: string, lang: string, read: () => void): Badge {
  const document = card.ownerDocument
  const host = document.createElement(BADGE_HOST)
  host.style.setProperty("--padding", getComputedStyle(card).paddingBottom)
  host.lang = lang
  const root = host.attachShadow({ mode: "open" })
  const sheet = document.createElement("style")
  sheet.textContent = STYLE
  root.append(sheet)
  return {
    host,
    show(mark, failure) {
      const asks = mark !== null && mark.verdict === null
      const badge = document.createElement(asks ? "button" : "span")
      badge.className = "badge"
      if (mark?.verdict) badge.dataset.verdict = mark.verdict
      const icon = document.createElement("b")
      icon.textContent = mark?.verdict ? VERDICT_ICONS[mark.verdict] : "⋔"
      icon.ariaHidden = "true"
      const words = document.createElement("span")
      words.className = "text"
      words.textContent = failure ? t(`failure_${code(failure)}`) : mark ? wordsOf(mark) : t("badge_reading")
      badge.append(icon, words)
      badge.title = asks ? `${tooltip(mark)}\n${t("badge_read")}` : mark ? tooltip(mark) : ""
      if (asks) {
        badge.ariaLabel = t("badge_label", { id, text: wordsOf(mark), action: t("badge_read") })
        badge.addEventListener("click", read)
      }
      const hadFocus = root.activeElement !== null
      root.querySelector(".badge")?.remove()
      root.append(badge)
      // Whoever pressed the button stays where they were.
      if (hadFocus) badge.tabIndex = asks ? 0 : -1
      if (hadFocus) badge.focus()
    },
  }
}

/** Three parents at most; a tooltip is no list. */
const SHOWN = 3

function wordsOf({ verdict, declared }: Mark): string {
  if (verdict) return t(`verdict_${verdict}`)
  if (declared === null) return t("badge_unknown")
  if (declared.length === 0) return t("badge_card_none")
  return t("badge_card", {
    names: declared
      .slice(0, SHOWN)
      .map(({ id }) => id)
      .join(", "),
  })
}

function tooltip({ verdict, parents, declared }: Mark): string {
  const named = (declared ?? [])
    .slice(0, SHOWN)
    .map(({ id, relation }) => (relation ? t("headline_parent", { name: id, relation: hubRelationWord(relation) }) : id))
    .join(", ")
  const card = declared === null ? t("badge_unknown") : named ? t("first_card_names", { names: named }) : t("first_card_names_none")
  if (!verdict) return card
  const matched = parents
    .slice(0, SHOWN)
    .map(({ id, relation }) => t("headline_parent", { name: modelName(id), relation: t(`relation_${code(relation)}`) }))
    .join(", ")
  return [card, matched ? t("badge_match", { names: matched }) : t(`verdict_means_${verdict}`), t("first_mark")].join("\n")
}
