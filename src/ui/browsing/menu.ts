import { t } from "../i18n"
import { speakChosen } from "../language"
import { modelOfUrl } from "../links"

const CHART = "chart"
const PLACES = ["https://huggingface.co/*/*"]

/** Puts "Chart this family" into the menus of the Hub's pages and of links to models, in the chosen language. */
export async function describeMenu(): Promise<void> {
  await speakChosen()
  await chrome.contextMenus.removeAll()
  const title = t("menu_chart")
  chrome.contextMenus.create({ id: `${CHART}-page`, title, contexts: ["page"], documentUrlPatterns: PLACES })
  chrome.contextMenus.create({ id: `${CHART}-link`, title, contexts: ["link"], targetUrlPatterns: PLACES })
}

/** The page that charts the family of a link's model or of a page's; without a model it says how to come to one. */
export function chartAddress({ linkUrl, pageUrl }: Pick<chrome.contextMenus.OnClickData, "linkUrl" | "pageUrl">): string {
  const url = linkUrl ?? pageUrl
  const model = url ? modelOfUrl(url) : null
  return chrome.runtime.getURL("tabs/atlas.html") + (model ? `?model=${encodeURIComponent(model)}` : "")
}
