import { type FormEvent, useEffect, useState } from "react"
import { t } from "../i18n"
import { Radios, Section, Toggle } from "./parts"
import type { SettingsProps } from "./Reading"
import { useTask } from "./use-task"

/** The person's token, seen from the page: it is never shown again once it is saved. */
export interface TokenAccess {
  /** Whether there is one, and whether it outlives the browser. */
  state(): Promise<"none" | "session" | "kept">
  /** Checks it with the Hub, saves it, and answers whose it is. Throws PedigreeError. */
  save(token: string, keeps: boolean): Promise<string>
  forget(): Promise<void>
}

const LOGINS = ["ask", "yes", "no"] as const

/** How gated and private models are read: by the browser's own login, or by a token. */
export function Token({ access, settings, onChange }: SettingsProps & { access: TokenAccess }) {
  const [state, setState] = useState<"none" | "session" | "kept">("none")
  const [token, setToken] = useState("")
  const [keeps, setKeeps] = useState(false)
  const { said, busy, run } = useTask()
  useEffect(() => void access.state().then(setState), [access])

  const save = (event: FormEvent) => {
    event.preventDefault()
    run(async () => {
      const name = await access.save(token.trim(), keeps)
      setToken("")
      setState(await access.state())
      return t("options_token_saved", { name })
    })
  }
  const forget = () =>
    run(async () => {
      await access.forget()
      setState(await access.state())
      return t("options_token_forgotten")
    })
  return (
    <Section title={t("options_token")}>
      <Radios
        label={t("options_login")}
        value={settings.login}
        choices={LOGINS.map((login) => [login, t(`options_login_${login}`)])}
        onChoose={(login) => onChange({ login })}
      />
      <p className="quiet">{t("login_hint")}</p>
      <p className="text">{t("options_token_text")}</p>
      <p className="text">{t(`options_token_state_${state}`)}</p>
      <form onSubmit={save}>
        <label className="field">
          <span>{t("options_token_label")}</span>
          <input
            type="password"
            value={token}
            autoComplete="off"
            spellCheck={false}
            placeholder="hf_…"
            onChange={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <Toggle label={t("options_token_keep")} hint={t("options_token_keep_hint")} checked={keeps} onChange={setKeeps} />
        <div className="row">
          <button type="submit" disabled={busy || token.trim() === ""}>
            {t("options_token_save")}
          </button>
          {state !== "none" && (
            <button type="button" disabled={busy} onClick={forget}>
              {t("options_token_forget")}
            </button>
          )}
        </div>
      </form>
      <p role="status" className="quiet">
        {said}
      </p>
    </Section>
  )
}
