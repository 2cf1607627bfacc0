import { useRef, useState } from "react"
import type { PanelReply } from "~src/app/panel-requests"
import type { LineageReport } from "~src/app/report"
import { wantedCard } from "~src/app/wanted-card"
import { plain } from "~src/hub/ids"
import { FailureWords } from "../FailureWords"
import { t } from "../i18n"
import { discussionUrl, editorUrl } from "../links"
import { Say } from "../parts"
import { adviceText } from "../sentences"
import type { Ask } from "./ask"
import { CopyButton } from "./CopyButton"
import { Diff } from "./Diff"
import { Drawer } from "./Drawer"
import { SendBox } from "./SendBox"

export interface RepairProps {
  readonly report: LineageReport
  /** False where the model's page has no discussions. */
  readonly discussions: boolean
  readonly ask: Ask
}

/** A better card, drafted when it is asked for: to copy, to enter by hand, to discuss or, with a token, to send. */
export function Repair({ report, discussions, ask }: RepairProps) {
  const [reply, setReply] = useState<PanelReply | "busy" | null>(null)
  const [confirming, setConfirming] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  if (wantedCard(report) === null) return null
  const load = () => {
    // Opened again, it shows what was sent or drafted; only what failed is tried again.
    if (reply !== null && (reply === "busy" || reply.type !== "failed")) return
    setReply("busy")
    void ask({ type: "repair", model: report.model }).then(setReply)
  }
  const send = async (digest: string) => {
    setConfirming(false)
    setReply("busy")
    setReply(await ask({ type: "propose", model: report.model, digest }))
  }
  const leave = () => {
    setConfirming(false)
    opener.current?.focus()
  }
  const draft = reply !== null && reply !== "busy" && reply.type === "repair" ? reply : null
  const discussion = draft && discussions ? discussionUrl(draft.repair) : null
  const editor = editorUrl(report.model)
  return (
    <Drawer title={t("panel_repair")} onOpen={load}>
      <p className="text">{t("panel_repair_hint")}</p>
      {draft && (
        <>
          <Diff lines={draft.repair.diff} />
          <div className="actions">
            <CopyButton label={t("panel_copy_front")} text={async () => `---\n${draft.repair.frontMatter}---\n`} />
            {editor && (
              <a href={editor} target="_blank" rel="noreferrer">
                {t("panel_open_editor")}
              </a>
            )}
            {discussion && (
              <a href={discussion} target="_blank" rel="noreferrer">
                {t("panel_open_discussion")}
              </a>
            )}
            {draft.sends && (
              <button type="button" ref={opener} aria-expanded={confirming} onClick={() => setConfirming(!confirming)}>
                {t("panel_send")}
              </button>
            )}
          </div>
          {!draft.sends && <p className="quiet">{t("panel_no_token")}</p>}
          {confirming && <SendBox repair={draft.repair} onSend={() => void send(draft.repair.digest)} onLeave={leave} />}
        </>
      )}
      <div role="status">
        {reply === "busy" && <p className="text">{t("panel_busy")}</p>}
        {reply !== null && reply !== "busy" && <Outcome reply={reply} />}
      </div>
    </Drawer>
  )
}

function Outcome({ reply }: { reply: PanelReply }) {
  if (reply.type === "failed")
    return (
      <div className="notice">
        <p className="strong">
          <FailureWords failure={reply.failure} />
        </p>
        <p className="text">{adviceText(reply.failure)}</p>
      </div>
    )
  if (reply.type !== "proposed") return null
  return (
    <p className="text">
      <Say
        text={t("panel_sent")}
        fill={{
          link: (
            <a href={reply.url} className="name">
              {plain(reply.url, 200)}
            </a>
          ),
        }}
      />
    </p>
  )
}
