import { PedigreeError } from "~src/core/errors"

/** No room, also after making room. */
export function quota(): PedigreeError {
  return new PedigreeError(
    "quota",
    "There is no space left for Pedigree's cache.",
    "Empty the cache in the options, or free space on the disk.",
    { worded: { as: "no_space", values: {} } },
  )
}

/** Whether a thrown value is the browser's word for a full disk. */
export function isQuotaError(error: unknown): boolean {
  return error instanceof Error && error.name === "QuotaExceededError"
}
