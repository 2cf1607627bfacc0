import { unlessAborted } from "./abort"

/** Runs tasks in the order given, at most a fixed number at once. */
export interface Queue {
  /**
   * @param last whether all others go before it
   * @throws PedigreeError "aborted" at once when the signal fires before the task's turn; otherwise whatever the task throws
   */
  run<T>(task: () => Promise<T>, signal: AbortSignal, last?: boolean): Promise<T>
}

export function createQueue(atOnce: number): Queue {
  let running = 0
  const usual = new Set<() => void>()
  const patient = new Set<() => void>()

  async function turn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
    if (running >= atOnce) {
      let go = () => {}
      const called = new Promise<void>((resolve) => {
        go = resolve
        waiting.add(go)
      })
      try {
        await unlessAborted(called, signal)
      } catch (error) {
        // The turn may have been handed over in the same moment: pass it on.
        if (!waiting.delete(go)) release()
        throw error
      }
      return
    }
    running += 1
  }

  function release(): void {
    for (const line of [usual, patient]) {
      const [next] = line
      if (next === undefined) continue
      line.delete(next)
      next()
      return
    }
    running -= 1
  }

  return {
    async run(task, signal, last = false) {
      await turn(last ? patient : usual, signal)
      try {
        return await task()
      } finally {
        release()
      }
    },
  }
}
