import fs from "node:fs/promises"
import { PedigreeError } from "~src/core/errors"
import type { Surroundings } from "./command"

/** Writes a result, which ends with one line break, to `file` or else to standard output. Throws PedigreeError "bad-arguments". */
export async function writeResult(text: string, file: string | null, { stdout }: Surroundings): Promise<void> {
  const whole = text.endsWith("\n") ? text : `${text}\n`
  if (file === null) {
    await new Promise<void>((resolve, reject) => stdout.write(whole, (error) => (error ? reject(error) : resolve())))
    return
  }
  await fs.writeFile(file, whole).catch((thrown: unknown) => {
    const cause = thrown instanceof Error ? thrown.message : String(thrown)
    throw new PedigreeError("bad-arguments", `The result could not be written to ${file}: ${cause}`, "Give another file with --out.")
  })
}

/** JSON as the contract's consumers and people read it. */
export const json = (value: unknown): string => JSON.stringify(value, null, 2)
