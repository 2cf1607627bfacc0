import type { Relation } from "~src/core/words"

/** How a relation is drawn: told apart by dash and label as well as by colour. */
export interface EdgeStyle {
  readonly group: "training" | "same" | "bits" | "lora" | "merge" | "surgery"
  /** SVG `stroke-dasharray`; empty for a solid line. */
  readonly dash: string
}

const TRAINING: EdgeStyle = { group: "training", dash: "" }
const CONTINUED: EdgeStyle = { group: "training", dash: "12 2" }
const SAME: EdgeStyle = { group: "same", dash: "1 4" }
const CONVERTED: EdgeStyle = { group: "bits", dash: "3 3" }
const QUANTIZED: EdgeStyle = { group: "bits", dash: "6 2 2 2 2 2" }
const LORA: EdgeStyle = { group: "lora", dash: "10 4" }
const ADAPTER: EdgeStyle = { group: "lora", dash: "5 3" }
const MERGE: EdgeStyle = { group: "merge", dash: "10 3 2 3" }
const SURGERY: EdgeStyle = { group: "surgery", dash: "16 5" }

export const EDGE_STYLES: Readonly<Record<Relation, EdgeStyle>> = {
  copy: SAME,
  permuted: SAME,
  precision: CONVERTED,
  quantized: QUANTIZED,
  adapter: ADAPTER,
  "lora-merged": LORA,
  finetune: TRAINING,
  continued: CONTINUED,
  merge: MERGE,
  pruned: SURGERY,
  "layer-pruned": SURGERY,
  "depth-upscaled": SURGERY,
  "vocab-changed": SURGERY,
  noised: SURGERY,
}
