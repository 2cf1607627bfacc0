import type { Sender } from "~src/app/messages"
import type { LineageReport } from "~src/app/report"
import type { Verdict } from "~src/core/words"
import { code, t } from "../i18n"
import { speakChosen } from "../language"
import { modelOfUrl } from "../links"
import { modelName, VERDICT_ICONS } from "../wording"

/** Dark enough for the browser's white sign on all of them. */
const COLOURS: Readonly<Record<Verdict, string>> = {
  documented: "#166534",
  undocumented: "#92400e",
  contradicted: "#9f1239",
  independent: "#374151",
  unverified: "#374151",
}

/**
 * The verdict of a model's page on the extension's icon, in words in its tooltip. The browser takes it off when the tab goes
 * elsewhere. Lists ask about many models and have no verdict of their own.
 */
export async function markTab({ tab, url }: Sender, { model, verdict, parents }: LineageReport): Promise<void> {
  const tabId = tab?.id
  if (tabId === undefined || !url || modelOfUrl(url)?.toLowerCase() !== model.toLowerCase()) return
  await speakChosen()
  const [parent] = parents
  const means =
    parent && verdict !== "unverified"
      ? t("headline_parent", { name: modelName(parent.id), relation: t(`relation_${code(parent.relation)}`) })
      : t(`verdict_means_${verdict}`)
  const title = t("toolbar_title", { model, verdict: t(`verdict_${verdict}`), means })
  const marked = Promise.all([
    chrome.action.setBadgeText({ tabId, text: VERDICT_ICONS[verdict] }),
    chrome.action.setBadgeBackgroundColor({ tabId, color: COLOURS[verdict] }),
    chrome.action.setBadgeTextColor({ tabId, color: "#ffffff" }),
    chrome.action.setTitle({ tabId, title }),
  ])
  // The tab may have been closed meanwhile.
  await marked.catch(() => {})
}
