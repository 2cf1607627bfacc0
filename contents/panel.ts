import style from "data-text:~src/ui/panel/panel.css"
import viewUrl from "url:~src/ui/panel/view.ts"
import type { PlasmoCSConfig } from "plasmo"
import { startPanel } from "~src/ui/page/start"

export const config: PlasmoCSConfig = { matches: ["https://huggingface.co/*/*"], run_at: "document_idle" }

void startPanel(style, viewUrl)
