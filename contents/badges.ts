import type { PlasmoCSConfig } from "plasmo"
import { startBadges } from "~src/ui/browsing/start-badges"

export const config: PlasmoCSConfig = { matches: ["https://huggingface.co/*"], run_at: "document_idle" }

void startBadges()
