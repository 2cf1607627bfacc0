import { FIRST, hubRelationWord, say } from "../wording"
import type { ModelPage } from "./model-page"

/** The declared side in plain DOM, at once and without any request; the React panel replaces it a moment later. */
export function paintFirst(document: Document, page: ModelPage): HTMLElement {
  const box = element("section", "panel")
  box.setAttribute("aria-label", FIRST.title)
  const head = element("div", "head")
  const title = element("h2", "title", FIRST.title)
  const mark = element("span", "mark", FIRST.mark)
  mark.title = FIRST.markHint
  head.append(title, mark)
  const named = page.declared.map(({ id, relation }) => (relation ? `${id} (${hubRelationWord(relation)})` : id))
  const declared = named.length > 0 ? say(FIRST.cardNames, named.slice(0, 5).join(", ")) : FIRST.cardNamesNone
  box.append(head, element("p", "text", declared), element("p", "quiet", FIRST.starting))
  return box

  function element(tag: string, name: string, text = ""): HTMLElement {
    const node = document.createElement(tag)
    node.className = name
    node.textContent = text
    return node
  }
}
