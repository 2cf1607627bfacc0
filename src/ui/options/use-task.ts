import { useState } from "react"
import { toFailure } from "~src/core/errors"
import { adviceText, failureWords } from "../sentences"

export interface Task {
  /** What to say about the last run. */
  readonly said: string
  readonly busy: boolean
  /** Runs the work; its answer is said, and what went wrong. */
  readonly run: (work: () => Promise<string>) => void
}

/** One thing after another that a section does and tells about. */
export function useTask(): Task {
  const [said, setSaid] = useState("")
  const [busy, setBusy] = useState(false)
  const run = (work: () => Promise<string>) => {
    setBusy(true)
    work()
      .catch((error: unknown) => {
        const failure = toFailure(error)
        const { said, english } = failureWords(failure)
        return [said, english, adviceText(failure)].filter(Boolean).join(" ")
      })
      .then(setSaid)
      .finally(() => setBusy(false))
  }
  return { said, busy, run }
}
