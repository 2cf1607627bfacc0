import { PedigreeError } from "~src/core/errors"

/** A PyTorch file that contradicts itself or ends too early. */
export function badTorch(file: string, what: string): PedigreeError {
  return new PedigreeError(
    "malformed",
    `${file} is not a valid PyTorch file: ${what}.`,
    "Ask the repository's owner to upload the file again.",
    { worded: { as: "damaged", values: { file, detail: what } } },
  )
}

/** A file of a kind that Pedigree does not read. */
export function unreadTorch(file: string, what: string): PedigreeError {
  const worded = { as: "not_read", values: { file, detail: what } }
  return new PedigreeError("unsupported", `${file} ${what}.`, "Look for a copy of the model with safetensors files.", { worded })
}
