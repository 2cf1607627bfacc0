import { type KeyboardEvent, useEffect, useRef } from "react"
import type { Repair } from "~src/app/repair"
import { bytes } from "../format"
import { t } from "../i18n"

export interface SendBoxProps {
  readonly repair: Repair
  readonly onSend: () => void
  readonly onLeave: () => void
}

/** Everything that a pull request would send, word for word, and two buttons. */
export function SendBox({ repair, onSend, onLeave }: SendBoxProps) {
  const { model, revision, title, description, card } = repair
  const box = useRef<HTMLFieldSetElement>(null)
  useEffect(() => box.current?.focus(), [])
  const leaveOnEscape = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return
    event.stopPropagation()
    onLeave()
  }
  const size = bytes(new TextEncoder().encode(card).length)
  return (
    <fieldset className="send" ref={box} tabIndex={-1} onKeyDown={leaveOnEscape}>
      <legend>{t("panel_confirm")}</legend>
      <dl>
        <dt>{t("panel_confirm_to")}</dt>
        <dd>
          <code>{`huggingface.co/${model}`}</code> · {t("panel_commit", { sha: revision.slice(0, 8) })}
        </dd>
        <dt>{t("panel_confirm_title")}</dt>
        <dd dir="auto">{title}</dd>
        <dt>{t("panel_confirm_description")}</dt>
        <dd>
          <Whole text={description} label={t("panel_confirm_description")} />
        </dd>
        <dt>{t("panel_confirm_file", { size })}</dt>
        <dd>
          <Whole text={card} label="README.md" />
        </dd>
      </dl>
      <div className="actions">
        <button type="button" onClick={onSend}>
          {t("panel_confirm_send")}
        </button>
        <button type="button" onClick={onLeave}>
          {t("panel_confirm_not")}
        </button>
      </div>
    </fieldset>
  )
}

function Whole({ text, label }: { text: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="whole" aria-label={label} tabIndex={0} dir="auto">
      {text}
    </section>
  )
}
