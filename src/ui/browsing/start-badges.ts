import type { Mark, MarksReply, MarksRequest } from "~src/app/list-marks"
import { type FromWorker, INSPECT_PORT, type ToWorker } from "~src/app/protocol"
import { parseSettings } from "~src/app/settings"
import type { ErrorCode } from "~src/core/errors"
import { speakLanguage } from "../language"
import { untilLeft } from "../page/until-left"
import { BADGE_HOST, type Badge, createBadge } from "./badge"
import { type Item, isListPage, listedModels } from "./list-page"

/**
 * Marks the models that a list page of the Hub shows, where the person asked for that. Nothing happens on other pages. Lists are
 * redrawn by the page's own filters, so one observer watches for new cards; what came is asked for together, when
 * the page has come to rest.
 */
export async function startBadges(): Promise<void> {
  if (!isListPage(location.pathname)) return
  const settings = parseSettings(await chrome.storage.local.get())
  if (!settings.badges) return
  const { locale } = await speakLanguage(settings.language)
  const { signal, leave } = untilLeft(
    () => isListPage(location.pathname),
    ({ badges }) => badges !== false,
  )
  const known = new Map<string, Mark>()
  let waiting = false
  let marking = Promise.resolve()

  const mark = async () => {
    const items = listedModels(document).filter(({ card }) => !card.querySelector(`:scope > ${BADGE_HOST}`))
    const added = items.map((item) => ({ ...item, badge: attach(item) }))
    const open = [...new Set(items.map(({ id }) => id).filter((id) => !known.has(id)))]
    if (open.length > 0) for (const found of await ask(open)) known.set(found.id, found)
    for (const { id, badge } of added) {
      const found = known.get(id)
      if (found) badge.show(found)
    }
  }
  const soon = () => {
    if (waiting || signal.aborted) return
    waiting = true
    const begin = () => {
      waiting = false
      // One after the other: cards that the page draws anew while the worker is asked need no second call. It can only fail
      // when the extension was updated or removed under the page.
      marking = marking.then(mark).catch(leave)
    }
    requestIdleCallback(begin, { timeout: 1000 })
  }

  function attach({ id, card }: Item): Badge {
    const badge = createBadge(card, id, locale, () => {
      badge.show(null)
      try {
        read(id, (found, failure) => {
          known.set(id, found)
          badge.show(found, failure)
        })
      } catch {
        leave()
      }
    })
    card.append(badge.host)
    return badge
  }

  /** Reads the weights as the panel would, and ends with the verdict, or with what was known before. */
  function read(id: string, show: (mark: Mark, failure?: ErrorCode) => void): void {
    const before = known.get(id) ?? { id, verdict: null, parents: [], declared: null }
    const port = chrome.runtime.connect({ name: INSPECT_PORT })
    const end = (found: Mark, failure?: ErrorCode) => {
      show(found, failure)
      port.disconnect()
    }
    port.onMessage.addListener((message: FromWorker) => {
      if (message.type === "failed") end(before, message.failure.code)
      if (message.type !== "report" || !message.final) return
      const { verdict, parents, declared } = message.report
      end({ id, verdict, parents, declared })
    })
    port.onDisconnect.addListener(() => show(before))
    signal.addEventListener("abort", () => port.disconnect())
    port.postMessage({ type: "start", model: id, refresh: false, reads: true } satisfies ToWorker)
  }

  const observer = new MutationObserver(soon)
  observer.observe(document.querySelector("main") ?? document.body, { childList: true, subtree: true })
  signal.addEventListener("abort", () => {
    observer.disconnect()
    for (const host of document.querySelectorAll(BADGE_HOST)) host.remove()
  })
  soon()
}

/** What the worker knows of these models; nothing where it could not say. */
async function ask(models: readonly string[]): Promise<readonly Mark[]> {
  const request: MarksRequest = { type: "marks", models, path: location.pathname, search: location.search }
  const reply: MarksReply | undefined = await chrome.runtime.sendMessage(request)
  return reply?.type === "marks" ? reply.marks : []
}
