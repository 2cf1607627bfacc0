import type { Reply } from "~src/app/protocol"
import { PedigreeError } from "~src/core/errors"
import { duration } from "../format"
import { t } from "../i18n"
import { Radios, Section } from "./parts"
import type { SettingsProps } from "./Reading"
import { useTask } from "./use-task"

const PROVIDERS = ["auto", "webgpu", "wasm"] as const

/** Where the arithmetic runs, and whether it is right there. */
export function Provider({ settings, onChange, selfTest }: SettingsProps & { selfTest: () => Promise<Reply> }) {
  const { said, busy, run } = useTask()
  const test = async () => {
    const reply = await selfTest()
    if (reply.type === "self-test")
      return t("options_tested", { provider: t(`options_provider_${reply.provider}`), time: duration(reply.milliseconds) })
    if (reply.type !== "failed") throw new Error(reply.type)
    const { code, message, advice } = reply.failure
    throw new PedigreeError(code, message, advice, reply.failure)
  }
  return (
    <Section title={t("options_provider")}>
      <Radios
        label={t("options_provider_label")}
        value={settings.provider}
        choices={PROVIDERS.map((provider) => [provider, t(`options_provider_${provider}`)])}
        onChoose={(provider) => onChange({ provider })}
      />
      <button type="button" disabled={busy} onClick={() => run(test)}>
        {t("options_test")}
      </button>
      <p role="status" className="quiet">
        {busy ? t("options_testing") : said}
      </p>
    </Section>
  )
}
