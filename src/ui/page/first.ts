import { t } from "../i18n"
import { hubRelationWord } from "../wording"
import type { ModelPage } from "./model-page"

/**
 * The declared side in plain DOM, at once and without any request; the React panel replaces it a moment later.
 *
 * @param reads whether the weights are read next
 */
export function paintFirst(document: Document, page: ModelPage, reads: boolean): HTMLElement {
  const box = element("section", "panel")
  box.setAttribute("aria-label", t("first_title"))
  const head = element("div", "head")
  const title = element("h2", "title", t("first_title"))
  const mark = element("span", "mark", t("first_mark"))
  mark.title = t("first_mark_hint")
  head.append(title, mark)
  const named = page.declared.map(({ id, relation }) => (relation ? `${id} (${hubRelationWord(relation)})` : id))
  const declared = named.length > 0 ? t("first_card_names", { names: named.slice(0, 5).join(", ") }) : t("first_card_names_none")
  box.append(head, element("p", "text", declared), element("p", "quiet", reads ? t("first_starting") : ""))
  return box

  function element(tag: string, name: string, text = ""): HTMLElement {
    const node = document.createElement(tag)
    node.className = name
    node.textContent = text
    return node
  }
}
