import { handover } from "../page/handover"
import { showPanel } from "./show"

// A bundle of its own: the content script imports it only on a model's page.
handover.pedigreeShow = showPanel
