import { parseReply } from "~src/app/answers"
import { parseSettings, type Settings } from "~src/app/settings"
import { openIndexedDbStore } from "~src/storage/indexeddb"
import { Options } from "~src/ui/Options"
import { Spoken } from "~src/ui/Spoken"
import { PAGE_COLOURS } from "~src/ui/theme"
import "../popup/style.css"

const store = () => openIndexedDbStore({ maxBytes: Number.POSITIVE_INFINITY, now: Date.now })
const load = async () => parseSettings(await chrome.storage.local.get())
const save = (settings: Partial<Settings>) => chrome.storage.local.set(settings)
const selfTest = async () => parseReply(await chrome.runtime.sendMessage({ type: "self-test" }))

export default function OptionsPage() {
  return (
    <Spoken>
      <style>{PAGE_COLOURS}</style>
      <Options store={store} load={load} save={save} selfTest={selfTest} />
    </Spoken>
  )
}
