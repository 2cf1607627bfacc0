import type { PlasmoCSConfig } from "plasmo"
import { offerView } from "~src/ui/page/handover"
import { showPanel } from "~src/ui/panel/show"

export const config: PlasmoCSConfig = { matches: ["https://huggingface.co/*/*"], run_at: "document_idle" }

offerView(showPanel)
