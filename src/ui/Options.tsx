import { useCallback, useEffect, useState } from "react"
import type { Reply } from "~src/app/protocol"
import type { Settings } from "~src/app/settings"
import type { Store } from "~src/storage/types"
import { bytes, duration } from "./format"
import { t } from "./i18n"

export interface OptionsProps {
  readonly store: () => Promise<Store>
  readonly load: () => Promise<Settings>
  readonly save: (settings: Partial<Settings>) => Promise<void>
  readonly selfTest: () => Promise<Reply>
}

const PROVIDERS = ["auto", "webgpu", "wasm"] as const

/** What is stored and how to be rid of it, where the arithmetic runs, and what leaves the browser: nothing. */
export function Options({ store, load, save, selfTest }: OptionsProps) {
  return (
    <main className="options">
      <h1>{t("options_title")}</h1>
      <p className="text">{t("options_privacy")}</p>
      <Stored store={store} />
      <Provider load={load} save={save} selfTest={selfTest} />
    </main>
  )
}

function Stored({ store }: Pick<OptionsProps, "store">) {
  const [used, setUsed] = useState("")
  const [said, setSaid] = useState("")
  const recount = useCallback(async () => {
    const usage = Object.values(await (await store()).usage())
    const [rows, size] = [usage.reduce((sum, each) => sum + each.rows, 0), usage.reduce((sum, each) => sum + each.bytes, 0)]
    setUsed(t("options_rows", { count: rows, size: bytes(size) }))
  }, [store])
  useEffect(() => void recount().catch((error: unknown) => setSaid(String(error))), [recount])

  const clear = async () => {
    await (await store()).clear()
    await recount()
    setSaid(t("options_cleared"))
  }
  return (
    <section>
      <h2>{t("options_storage")}</h2>
      <p className="text">{t("options_storage_text")}</p>
      <p className="text">{used}</p>
      <button type="button" onClick={() => void clear().catch((error: unknown) => setSaid(String(error)))}>
        {t("options_clear")}
      </button>
      <p role="status" className="quiet">
        {said}
      </p>
    </section>
  )
}

function Provider({ load, save, selfTest }: Omit<OptionsProps, "store">) {
  const [provider, setProvider] = useState<Settings["provider"]>("auto")
  const [said, setSaid] = useState("")
  useEffect(() => void load().then((settings) => setProvider(settings.provider)), [load])

  const choose = async (chosen: Settings["provider"]) => {
    setProvider(chosen)
    await save({ provider: chosen })
    setSaid(t("options_saved"))
  }
  const test = async () => {
    setSaid(t("options_testing"))
    const reply = await selfTest()
    if (reply.type === "self-test")
      setSaid(t("options_tested", { provider: t(`options_provider_${reply.provider}`), time: duration(reply.milliseconds) }))
    else if (reply.type === "failed") setSaid(`${reply.failure.message} ${reply.failure.advice}`)
  }
  return (
    <section>
      <h2 id="provider">{t("options_provider")}</h2>
      <div role="radiogroup" aria-labelledby="provider">
        {PROVIDERS.map((each) => (
          <label key={each} className="choice">
            <input type="radio" name="provider" checked={provider === each} onChange={() => void choose(each)} />{" "}
            {t(`options_provider_${each}`)}
          </label>
        ))}
      </div>
      <button type="button" onClick={() => void test().catch((error: unknown) => setSaid(String(error)))}>
        {t("options_test")}
      </button>
      <p role="status" className="quiet">
        {said}
      </p>
    </section>
  )
}
