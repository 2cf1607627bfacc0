import { useEffect, useState } from "react"
import { t } from "../i18n"
import type { SiteAccess } from "./site-access"

/** Null until it is known. */
export function useSiteAccess(access: SiteAccess): boolean | null {
  const [has, setHas] = useState<boolean | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    const look = () => void access.has().then((now) => stop.signal.aborted || setHas(now))
    access.watch(look, stop.signal)
    look()
    return () => stop.abort()
  }, [access])
  return has
}

/** What works and what does not while access to the Hub is withdrawn, and the way to give it back; nothing while it is there. */
export function AccessNotice({ access }: { access: SiteAccess }) {
  const has = useSiteAccess(access)
  if (has !== false) return null
  return (
    <div className="notice" role="status">
      <p className="strong">{t("access_withdrawn")}</p>
      <p className="text">{t("access_without")}</p>
      <button type="button" onClick={() => void access.ask()}>
        {t("access_grant")}
      </button>
    </div>
  )
}
