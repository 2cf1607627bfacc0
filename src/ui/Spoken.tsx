import { type ReactNode, useEffect, useState } from "react"
import { parseSettings } from "~src/app/settings"
import { locale } from "./i18n"
import { speakLanguage } from "./language"

/** A page of the extension in the person's language: what is in it is drawn once the words are there. */
export function Spoken({ children }: { children: ReactNode }) {
  const [ready, setReady] = useState(false)
  useEffect(() => {
    const load = async () => {
      await speakLanguage(parseSettings(await chrome.storage.local.get()).language)
      document.documentElement.lang = locale()
      setReady(true)
    }
    void load()
  }, [])
  return ready && children
}
