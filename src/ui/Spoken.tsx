import { type ReactNode, useEffect, useState } from "react"
import { locale } from "./i18n"
import { speakChosen } from "./language"

/** A page of the extension in the person's language: what is in it is drawn once the words are there. */
export function Spoken({ children }: { children: ReactNode }) {
  const [ready, setReady] = useState(false)
  useEffect(() => {
    const load = async () => {
      await speakChosen()
      document.documentElement.lang = locale()
      setReady(true)
    }
    void load()
  }, [])
  return ready && children
}
