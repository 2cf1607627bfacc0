import { useCallback, useEffect, useState } from "react"
import type { Reply } from "~src/app/protocol"
import type { Settings } from "~src/app/settings"
import type { Store } from "~src/storage/types"
import { bytes, count, duration } from "./format"
import { OPTIONS, say } from "./wording"

export interface OptionsProps {
  readonly store: () => Promise<Store>
  readonly load: () => Promise<Settings>
  readonly save: (settings: Settings) => Promise<void>
  readonly selfTest: () => Promise<Reply>
}

const PROVIDERS = ["auto", "webgpu", "wasm"] as const

/** What is stored and how to be rid of it, where the arithmetic runs, and what leaves the browser: nothing. */
export function Options({ store, load, save, selfTest }: OptionsProps) {
  return (
    <main className="options">
      <h1>{OPTIONS.title}</h1>
      <p className="text">{OPTIONS.privacy}</p>
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
    setUsed(say(OPTIONS.rows, count(rows), bytes(size)))
  }, [store])
  useEffect(() => void recount().catch((error: unknown) => setSaid(String(error))), [recount])

  const clear = async () => {
    await (await store()).clear()
    await recount()
    setSaid(OPTIONS.cleared)
  }
  return (
    <section>
      <h2>{OPTIONS.storage}</h2>
      <p className="text">{OPTIONS.storageText}</p>
      <p className="text">{used}</p>
      <button type="button" onClick={() => void clear().catch((error: unknown) => setSaid(String(error)))}>
        {OPTIONS.clear}
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
    setSaid(OPTIONS.saved)
  }
  const test = async () => {
    setSaid(OPTIONS.testing)
    const reply = await selfTest()
    if (reply.type === "self-test") setSaid(say(OPTIONS.tested, OPTIONS[reply.provider], duration(reply.milliseconds)))
    else if (reply.type === "failed") setSaid(`${reply.failure.message} ${reply.failure.advice}`)
  }
  return (
    <section>
      <h2 id="provider">{OPTIONS.provider}</h2>
      <div role="radiogroup" aria-labelledby="provider">
        {PROVIDERS.map((each) => (
          <label key={each} className="choice">
            <input type="radio" name="provider" checked={provider === each} onChange={() => void choose(each)} /> {OPTIONS[each]}
          </label>
        ))}
      </div>
      <button type="button" onClick={() => void test().catch((error: unknown) => setSaid(String(error)))}>
        {OPTIONS.test}
      </button>
      <p role="status" className="quiet">
        {said}
      </p>
    </section>
  )
}
