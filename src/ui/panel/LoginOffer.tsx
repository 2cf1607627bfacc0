import { useState } from "react"
import type { LineageReport } from "~src/app/report"
import type { Failure } from "~src/core/errors"
import { FailureWords } from "../FailureWords"
import { t } from "../i18n"
import { Name, Say } from "../parts"
import { adviceText } from "../sentences"
import type { Ask } from "./ask"

/** Models that the person's login may open and without which the answer stays open: the model itself, or parents that are named. */
export function blockedBy(model: string, report: LineageReport | null, failure: Failure | null): string[] {
  // The Hub hides private models as missing ones; on its own page a model is there.
  if (failure) return failure.code === "gated" || failure.code === "not-found" ? [model] : []
  if (report?.verdict !== "unverified") return []
  const wanted = new Set([...report.declared, ...report.parents].map(({ id }) => id.toLowerCase()))
  return report.notCompared.filter(({ id, code }) => code === "gated" && wanted.has(id.toLowerCase())).map(({ id }) => id)
}

/** Asks once whether closed models may be read with the browser's own login. */
export function LoginOffer({ ids, ask, onLogin }: { ids: readonly string[]; ask: Ask; onLogin: () => void }) {
  const [failure, setFailure] = useState<Failure | null>(null)
  const [answered, setAnswered] = useState(false)
  const answer = async (uses: boolean) => {
    const reply = await ask({ type: "login", uses })
    if (reply.type === "failed") return setFailure(reply.failure)
    setAnswered(true)
    if (uses) onLogin()
  }
  if (answered) return null
  return (
    <div className="notice">
      <p className="strong">
        <Say text={t("login_offer")} fill={{ name: <Name id={ids[0] ?? ""} /> }} />
      </p>
      <p className="text">{t("login_hint")}</p>
      <button type="button" onClick={() => void answer(true)}>
        {t("login_yes")}
      </button>{" "}
      <button type="button" onClick={() => void answer(false)}>
        {t("login_no")}
      </button>
      {failure && (
        <p className="text">
          <FailureWords failure={failure} /> {adviceText(failure)}
        </p>
      )}
    </div>
  )
}
