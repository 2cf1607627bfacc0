import { useEffect, useState } from "react"
import type { Reply } from "~src/app/protocol"
import type { Settings } from "~src/app/settings"
import type { Store } from "~src/storage/types"
import { AccessNotice, useSiteAccess } from "../browsing/Access"
import type { SiteAccess } from "../browsing/site-access"
import { t } from "../i18n"
import { Provider } from "./Provider"
import { Section } from "./parts"
import { Reading, Showing } from "./Reading"
import { Stored } from "./Stored"
import { Token, type TokenAccess } from "./Token"

export interface OptionsProps {
  readonly store: () => Promise<Store>
  readonly load: () => Promise<Settings>
  readonly save: (settings: Partial<Settings>) => Promise<void>
  readonly selfTest: () => Promise<Reply>
  readonly token: TokenAccess
  readonly access: SiteAccess
  readonly download: (file: Blob, name: string) => void
  /** Draws the page anew, in another language. */
  readonly reload: () => void
}

/** Everything a person may choose, and what leaves the browser: nothing. */
export function Options({ store, load, save, selfTest, token, access, download, reload }: OptionsProps) {
  const [settings, setSettings] = useState<Settings | null>(null)
  const [said, setSaid] = useState("")
  useEffect(() => void load().then(setSettings), [load])
  if (settings === null) return null

  const change = async (changed: Partial<Settings>) => {
    setSettings((before) => before && { ...before, ...changed })
    await save(changed)
    setSaid(t("options_saved"))
    if (changed.language && changed.language !== settings.language) reload()
  }
  const onChange = (changed: Partial<Settings>) => void change(changed).catch((error: unknown) => setSaid(String(error)))
  return (
    <main className="options">
      <h1>{t("options_title")}</h1>
      <p className="text">{t("options_privacy")}</p>
      <AccessNotice access={access} />
      <Reading settings={settings} onChange={onChange} />
      <Showing settings={settings} onChange={onChange} />
      <Provider settings={settings} onChange={onChange} selfTest={selfTest} />
      <Token access={token} settings={settings} onChange={onChange} />
      <Stored store={store} settings={settings} onChange={onChange} download={download} />
      <Site access={access} />
      <p role="status" className="saved">
        {said}
      </p>
    </main>
  )
}

/** What the extension may do, and how that is changed. */
function Site({ access }: { access: SiteAccess }) {
  const has = useSiteAccess(access)
  return (
    <Section title={t("options_site")}>
      {has && <p className="text">{t("options_site_granted")}</p>}
      {has && <p className="text">{t("access_without")}</p>}
      <p className="quiet">{t("options_site_how")}</p>
    </Section>
  )
}
