import { parseReply } from "~src/app/answers"
import { parseSettings, type Settings } from "~src/app/settings"
import { forgetToken, ownerOfToken, saveToken, tokenState } from "~src/app/token"
import { openIndexedDbStore } from "~src/storage/indexeddb"
import { siteAccess } from "~src/ui/browsing/site-access"
import { download } from "~src/ui/download"
import { Options } from "~src/ui/options/Options"
import { Spoken } from "~src/ui/Spoken"
import { PAGE_COLOURS } from "~src/ui/theme"
import "./style.css"

const { session, local } = chrome.storage
const store = () => openIndexedDbStore({ maxBytes: Number.POSITIVE_INFINITY, now: Date.now })
const load = async () => parseSettings(await local.get())
const save = (settings: Partial<Settings>) => local.set(settings)
const selfTest = async () => parseReply(await chrome.runtime.sendMessage({ type: "self-test" }))
const reload = () => location.reload()

const places = { session, local, store }
const token = {
  state: () => tokenState(places),
  async save(given: string, keeps: boolean) {
    const name = await ownerOfToken(given, "https://huggingface.co", fetch)
    await saveToken(places, given, keeps)
    return name
  },
  forget: () => forgetToken(places),
} as const

export default function OptionsPage() {
  return (
    <Spoken>
      <style>{PAGE_COLOURS}</style>
      <Options {...{ store, load, save, selfTest, token, access: siteAccess, download, reload }} />
    </Spoken>
  )
}
