import { PedigreeError } from "~src/core/errors"

/** A refusal that names file, place and cause. */
export function malformed(file: string, at: number, what: string): PedigreeError {
  const message = `${file} is not a valid GGUF file: at byte ${at}, ${what}.`
  return new PedigreeError("malformed", message, "Ask the repository's owner to upload the file again.", {
    worded: { as: "damaged", values: { file, detail: `${what} (byte ${at})` } },
  })
}

/** The message shows text of the file; this is what it shows of it. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200))
}
