import { parseReply } from "~src/app/answers"
import { parseSettings, type Settings } from "~src/app/settings"
import { forgetToken, isTokenKept, ownerOfToken, readToken, saveToken } from "~src/app/token"
import { openIndexedDbStore } from "~src/storage/indexeddb"
import { siteAccess } from "~src/ui/browsing/site-access"
import { Options } from "~src/ui/options/Options"
import { Spoken } from "~src/ui/Spoken"
import "./style.css"

const { session, local } = chrome.storage
const store = () => openIndexedDbStore({ maxBytes: Number.POSITIVE_INFINITY, now: Date.now })
const load = async () => parseSettings(await local.get())
const save = (settings: Partial<Settings>) => local.set(settings)
const selfTest = async () => parseReply(await chrome.runtime.sendMessage({ type: "self-test" }))
const reload = () => location.reload()

const places = { session, local, store }
const token = {
  state: async () => ((await readToken(places)) === undefined ? "none" : (await isTokenKept(places)) ? "kept" : "session"),
  async save(given: string, keeps: boolean) {
    const name = await ownerOfToken(given, "https://huggingface.co", fetch)
    await saveToken(places, given, keeps)
    return name
  },
  forget: () => forgetToken(places),
} as const

function download(file: Blob, name: string) {
  const address = URL.createObjectURL(file)
  const link = Object.assign(document.createElement("a"), { href: address, download: name })
  link.click()
  // The download reads it a moment later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

export default function OptionsPage() {
  return (
    <Spoken>
      <Options {...{ store, load, save, selfTest, token, access: siteAccess, download, reload }} />
    </Spoken>
  )
}
