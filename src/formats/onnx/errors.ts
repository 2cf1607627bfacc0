import { PedigreeError } from "~src/core/errors"

/** A file that contradicts itself, at a byte. */
export function badOnnx(file: string, at: number, what: string): PedigreeError {
  return new PedigreeError(
    "malformed",
    `${file} is not a valid ONNX file: at byte ${at} ${what}.`,
    "Ask the repository's owner to upload the file again.",
    { worded: { as: "damaged", values: { file, detail: `${what} (byte ${at})` } } },
  )
}
