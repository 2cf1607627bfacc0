import { useState } from "react"
import { toFailure } from "~src/core/errors"

export interface Task {
  /** What to say about the last run. */
  readonly said: string
  readonly busy: boolean
  /** Runs the work; its answer is said, and a failure in its own words. */
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
        const { message, advice } = toFailure(error)
        return `${message} ${advice}`
      })
      .then(setSaid)
      .finally(() => setBusy(false))
  }
  return { said, busy, run }
}
