import workerUrl from "url:~src/ui/atlas/layout-worker.ts"
import { parseReply } from "~src/app/answers"
import { DRAWING_STYLE } from "~src/ui/atlas/drawing-style"
import { Popup } from "~src/ui/atlas/Popup"
import { AccessNotice } from "~src/ui/browsing/Access"
import { siteAccess } from "~src/ui/browsing/site-access"
import { modelOfUrl } from "~src/ui/links"
import { Spoken } from "~src/ui/Spoken"
import { PAGE_COLOURS } from "~src/ui/theme"
import "./style.css"

const model = async () => {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true })
  return tab?.url ? modelOfUrl(tab.url) : null
}
const family = async (id: string | null) => parseReply(await chrome.runtime.sendMessage({ type: "family", model: id }))
const worker = () => new Worker(workerUrl)
const openFull = (id: string | null) =>
  void chrome.tabs.create({ url: id === null ? "tabs/atlas.html" : `tabs/atlas.html?model=${encodeURIComponent(id)}` })
const open = (url: string) => void chrome.tabs.create({ url })

export default function PopupPage() {
  return (
    <Spoken>
      <style>{PAGE_COLOURS + DRAWING_STYLE}</style>
      <AccessNotice access={siteAccess} />
      <Popup model={model} family={family} open={open} openFull={openFull} worker={worker} />
    </Spoken>
  )
}
