import type { Step } from "~src/app/protocol"
import type { ErrorCode } from "~src/core/errors"
import type { DirectionBasis, HubRelation, Relation, Verdict } from "~src/core/words"
import { plain } from "~src/hub/ids"

/**
 * Every word the person reads, in one place. `$1` ... `$9` are filled by {@link say} (plain text) or by `<Say>` (React, which
 * isolates names). The groups are separate constants so that the small content script carries only its own.
 */

/** What the content script shows before anything else is loaded. */
export const FIRST = {
  title: "Lineage",
  mark: "added by Pedigree",
  markHint: "This box is added by the Pedigree extension. It is not part of Hugging Face.",
  cardNames: "The card names $1 as base model.",
  cardNamesNone: "The card names no base model.",
  starting: "Starting to read the weights …",
} as const

export const PANEL = {
  reading: "Reading the weights",
  stepCount: "$1 of $2",
  soFar: "$1 requests, $2 so far",
  cancel: "Cancel",
  cancelled: "Cancelled. Nothing read so far is lost.",
  start: "Read the weights",
  refresh: "Refresh",
  retry: "Try again",
  retryIn: "Try again in $1",
  reconnecting: "The extension's worker was stopped by the browser. Going on where it left off …",
  lost: "The extension's worker does not answer.",
  lostAdvice: "Try again; if it stays like this, reload the page.",
  stored: "From the cache; read again with Refresh.",
  updating: "Stored answer; checking for news …",
  cardSays: "The card says",
  weightsSay: "The weights say",
  nothingDeclared: "No base model named.",
  nothingInferred: "No parent shown.",
  agrees: "weights agree",
  relationDiffers: "same parent, other relation",
  disagrees: "weights disagree",
  related: "related, not the parent",
  open: "related; whether it is the parent stays open",
  notChecked: "not compared: $1",
  notSeen: "not compared",
  notDeclared: "not on the card",
  onCard: "on the card",
  why: "Why?",
  whyParent: "Evidence for $1",
  direction: "Direction $1 sure, from $2",
  directionOpen: "Direction not settled",
  ghost: "not read: implied by its relatives",
  namedBy: "named by $1",
  shares: "Shares of the merge",
  control: "Negative control",
  compared: "Compared with $1",
  comparedRow: "related: $1",
  notCompared: "Not compared",
  sharedInit: "Same random seed, trained apart",
  sharedInitHint: "Their weights match because both started from one random seed. Neither descends from the other.",
  change: "What would change this?",
  changeText: "A commit with other weights, a readable candidate that was not compared, or a card that names another base model.",
  speaksFor: "speaks for it",
  speaksAgainst: "speaks against it",
  speaksNeutral: "neutral",
  chance: "chance if unrelated: $1",
  cost: "$1 requests · $2 read, $3 of it weights · $4 · $5",
  costNoProvider: "$1 requests · $2 read, $3 of it weights · $4",
  commit: "commit $1",
  weights: "Weights: $1",
  filesState: "The files state",
} as const

export const CHIPS: Readonly<Record<Verdict, { readonly icon: string; readonly word: string; readonly means: string }>> = {
  documented: { icon: "✓", word: "Documented", means: "weights agree" },
  undocumented: { icon: "+", word: "Undocumented", means: "undeclared match" },
  contradicted: { icon: "≠", word: "Contradicted", means: "weights disagree" },
  independent: { icon: "○", word: "Independent", means: "no parent found" },
  unverified: { icon: "?", word: "Unverified", means: "not enough evidence" },
}

/** `$1` parents (with relation), `$2` declared ids. Every other case is worded by the report's own reason. */
export const HEADLINES = {
  documented: "Weights match $1, as the card says.",
  undocumented: "Weights match $1, which the card does not mention.",
  contradicted: "The card names $2, but the weights match $1.",
} as const

export const PARENT_WITH_RELATION = "$1 ($2)"

export const RELATION_WORDS: Readonly<Record<Relation, { readonly word: string; readonly means: string }>> = {
  copy: { word: "copy", means: "The same weights, uploaded again." },
  precision: { word: "conversion", means: "The same weights stored in another precision or container." },
  quantized: { word: "quantised", means: "The same weights packed into fewer bits (GGUF, GPTQ, AWQ, NF4 ...)." },
  adapter: { word: "adapter", means: "A small change (LoRA, DoRA ...) that is applied on top of the parent's weights." },
  "lora-merged": { word: "LoRA merged in", means: "A low-rank update was added into the parent's weights." },
  finetune: { word: "fine-tune", means: "The parent's weights, trained a little further." },
  continued: { word: "continued training", means: "The parent's weights, trained much further." },
  merge: { word: "merge", means: "A weighted mix of several models' weights." },
  pruned: { word: "pruned", means: "Some of the parent's weights were set to zero or removed." },
  "layer-pruned": { word: "layers removed", means: "Some of the parent's layers were left out." },
  "depth-upscaled": { word: "layers repeated", means: "Some of the parent's layers were repeated." },
  "vocab-changed": { word: "vocabulary changed", means: "Tokens were added to or removed from the parent." },
  permuted: { word: "neurons reordered", means: "The parent's neurons in another order; the function is the same." },
  noised: { word: "noise added", means: "The parent's weights with random noise added." },
}

/** The same in the few letters that a line in the drawing has room for; its legend has the long words. */
export const RELATION_LABELS: Readonly<Record<Relation, string>> = {
  copy: "copy",
  precision: "converted",
  quantized: "quantised",
  adapter: "adapter",
  "lora-merged": "LoRA",
  finetune: "fine-tune",
  continued: "continued",
  merge: "merge",
  pruned: "pruned",
  "layer-pruned": "fewer layers",
  "depth-upscaled": "more layers",
  "vocab-changed": "vocabulary",
  permuted: "reordered",
  noised: "noise",
}

const HUB_RELATION_WORDS: Readonly<Record<HubRelation, string>> = {
  finetune: "fine-tune",
  adapter: "adapter",
  quantized: "quantised",
  merge: "merge",
}

/** The Hub's relation in our words where it has one; what a card invents stays verbatim. */
export const hubRelationWord = (relation: string): string =>
  Object.hasOwn(HUB_RELATION_WORDS, relation) ? HUB_RELATION_WORDS[relation as HubRelation] : relation

export const BASIS_WORDS: Readonly<Record<DirectionBasis, string>> = {
  information: "what the change loses",
  time: "dates",
  geometry: "how relatives lie around it",
  weights: "traces of training in the weights",
  files: "files of the repository",
}

export const STEP_WORDS: Readonly<Record<Step, string>> = {
  record: "Looking the model up",
  weights: "Reading sample rows of its weights",
  candidates: "Looking for possible parents",
  compare: "Comparing with possible parents",
  conclude: "Drawing the conclusion",
}

/** Title of each failure; the failure itself brings its sentence and its advice. */
export const FAILURE_TITLES: Readonly<Record<ErrorCode, string>> = {
  aborted: "Cancelled",
  "bad-arguments": "This cannot be asked",
  "bad-response": "Unexpected answer",
  disabled: "Repository disabled",
  gated: "Gated: access is needed",
  malformed: "The weight file cannot be read",
  "no-such-file": "A file is missing",
  "no-weights": "No readable weights",
  "not-a-range": "The server does not serve parts of files",
  "not-found": "Private or missing",
  offline: "Offline",
  quota: "No storage space left",
  "rate-limited": "Too many requests for now",
  unsupported: "Weights not read",
}

/** Where the extension's next step is another than that of the command line, which takes tokens and other endpoints. */
export const PANEL_ADVICE: Partial<Readonly<Record<ErrorCode, string>>> = {
  gated: "The extension reads what everybody may read. If you have access, the command line reads it with your token.",
  "not-found": "The extension reads what everybody may read. A private model of yours can be read with the command line and your token.",
  "not-a-range": "Check the network (a proxy may be in between) and try again.",
}

export const LIKELIHOOD = {
  certain: "almost certain",
  very: "very likely",
  likely: "likely",
  possible: "possible",
} as const

export const ATLAS = {
  title: "Family",
  of: "Family of $1",
  notModel: "This tab shows no model page.",
  notModelAdvice: "Open a model's page on huggingface.co; its family is drawn here.",
  none: "No analysis of $1 yet.",
  noneAdvice: "Open its page and let the panel finish; then come back.",
  alone: "No relative of this model is known yet.",
  drawnFrom: "$1 itself has not been analysed yet; this is what the analysis of $2 showed. Open its page for its own.",
  loading: "Looking up the family …",
  failed: "The family could not be looked up.",
  failedAdvice: "Close this window and open it again; if it stays like this, reload the extension.",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Fit",
  legend: "Legend",
  current: "this model",
  ghost: "implied, not read",
  undocumented: "not on the card",
  noLine: "no line: related, descent not shown",
  documented: "on the card",
  drawing: "Drawing of the family. The list below holds the same models.",
  list: "The family as a list",
  help: "Parents stand left of their children. Arrow keys walk the family; Enter or a click opens a model's page.",
  otherParents: "also from $1",
} as const

export const OPTIONS = {
  title: "Pedigree options",
  privacy:
    "Everything is computed in this browser. Pedigree talks to Hugging Face alone, to read public model files; it sends nothing about you to anybody.",
  storage: "What is stored",
  storageText:
    "Facts about models (file lists, sampled weight rows, conclusions) are kept in this browser so that a second visit is instant.",
  rows: "$1 entries, about $2.",
  clear: "Clear the cache",
  cleared: "The cache is empty.",
  provider: "Where the arithmetic runs",
  auto: "Automatic (graphics card, else processor)",
  webgpu: "Graphics card (WebGPU)",
  wasm: "Processor (WebAssembly)",
  saved: "Saved. It holds from the next start of the extension's worker.",
  test: "Test it",
  testing: "Testing …",
  tested: "Works: $1, $2.",
} as const

/** Unicode isolates keep a name of another writing direction from reordering the sentence; plain ASCII needs none. */
function isolate(text: string): string {
  const line = plain(text, 500)
  return /^[ -~]*$/.test(line) ? line : `\u2068${line}\u2069`
}

/** Fills `$1` ... `$9`; each filling keeps its own writing direction. */
export function say(template: string, ...fillings: readonly string[]): string {
  return template.replace(/\$([1-9])/g, (_, n: string) => isolate(fillings[Number(n) - 1] ?? ""))
}
