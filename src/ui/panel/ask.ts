import { parsePanelReply } from "~src/app/panel-answers"
import type { PanelReply, PanelRequest } from "~src/app/panel-requests"

/** Asks the worker for something about the model shown. Never rejects: what goes wrong is an answer too. */
export type Ask = (request: PanelRequest) => Promise<PanelReply>

/** Asks through `chrome.runtime`; the worker that has gone to sleep is woken by it. */
export const askWorker: Ask = async (request) => {
  try {
    return parsePanelReply(await chrome.runtime.sendMessage(request))
  } catch {
    // The extension was updated under the page, or its worker ended in the middle.
    return parsePanelReply(null)
  }
}
