import workerUrl from "url:~src/ui/atlas/layout-worker.ts"
import { parseReply } from "~src/app/answers"
import { isModelId } from "~src/hub/ids"
import { DRAWING_STYLE } from "~src/ui/atlas/drawing-style"
import { Popup } from "~src/ui/atlas/Popup"
import { AccessNotice } from "~src/ui/browsing/Access"
import { siteAccess } from "~src/ui/browsing/site-access"
import { Spoken } from "~src/ui/Spoken"
import { PAGE_COLOURS } from "~src/ui/theme"
import "../popup/style.css"

/** Anything may stand in an address. */
const model = async () => {
  const id = new URLSearchParams(location.search).get("model")
  return id !== null && isModelId(id) ? id : null
}
const family = async (id: string | null) => parseReply(await chrome.runtime.sendMessage({ type: "family", model: id }))
const open = (url: string) => void chrome.tabs.create({ url })
const worker = () => new Worker(workerUrl)

export default function AtlasPage() {
  return (
    <Spoken>
      <style>{PAGE_COLOURS + DRAWING_STYLE}</style>
      <AccessNotice access={siteAccess} />
      <Popup model={model} family={family} open={open} worker={worker} />
    </Spoken>
  )
}
