import { isModelId, plain } from "~src/hub/ids"
import { type ContainerFacts, NO_FACTS } from "./container"

/** A note is one short line. */
const MAX_NOTE = 120
const MAX_ORIGINS = 16
/** Statements of `__metadata__` worth showing: Stability's model specification, Kohya's training scripts, merge tools. */
const NOTES: readonly (readonly [key: string, label: string])[] = [
  ["modelspec.title", "Title in the file"],
  ["modelspec.author", "Author in the file"],
  ["modelspec.architecture", "Architecture in the file"],
  ["modelspec.date", "Date in the file"],
  ["modelspec.license", "Licence in the file"],
  ["modelspec.merged_from", "Merged from"],
  ["ss_sd_model_name", "Trained from"],
  ["ss_base_model_version", "Base model version"],
]
/** Those of them, and others, that name models. */
const ORIGINS = ["modelspec.merged_from", "modelspec.base_model", "ss_sd_model_name", "base_model"]

/** What `__metadata__` of safetensors files says of the model; only what looks like a repository's id is an origin. */
export function metadataFacts(metadata: ReadonlyMap<string, string>): ContainerFacts {
  const notes: (readonly [string, string])[] = []
  if (metadata.get("format") === "mlx") notes.push(["Written for", "MLX"])
  for (const [key, label] of NOTES) {
    const text = plain((metadata.get(key) ?? "").slice(0, 1_000), MAX_NOTE)
    if (text !== "" && text !== "None") notes.push([label, text])
  }
  const named = ORIGINS.flatMap((key) => (metadata.get(key) ?? "").slice(0, 10_000).split(/[,;\s]+/))
  const origins = [...new Set(named.filter((id) => id.includes("/") && isModelId(id)))].slice(0, MAX_ORIGINS)
  return { ...NO_FACTS, origins, notes }
}
