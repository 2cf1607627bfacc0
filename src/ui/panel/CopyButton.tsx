import { useState } from "react"
import { t } from "../i18n"
import { copyText } from "./clipboard"

/** Copies what `text` gives, which may take a while, and says how it went. Null means that it has nothing to copy. */
export function CopyButton({ label, text }: { label: string; text: () => Promise<string | null> }) {
  const [state, setState] = useState<"idle" | "busy" | "copied" | "failed">("idle")
  const copy = async () => {
    setState("busy")
    const content = await text()
    setState(content !== null && (await copyText(content)) ? "copied" : "failed")
  }
  const says = { idle: "", busy: t("panel_copying"), copied: t("panel_copied"), failed: t("panel_copy_failed") }[state]
  return (
    <span className="copy">
      <button type="button" onClick={() => void copy()} disabled={state === "busy"}>
        {label}
      </button>
      <span role="status" className="quiet">
        {says}
      </span>
    </span>
  )
}
