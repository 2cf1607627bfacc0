import { unlessAborted } from "./abort"

/** Runs tasks in the order given, at most a fixed number at once. */
export interface Queue {
  /** @throws PedigreeError "aborted" at once when the signal fires before the task's turn; otherwise whatever the task throws. */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>
}

export function createQueue(atOnce: number): Queue {
  let running = 0
  const waiting = new Set<() => void>()

  async function turn(signal: AbortSignal): Promise<void> {
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
    const [next] = waiting
    if (next === undefined) {
      running -= 1
      return
    }
    waiting.delete(next)
    next()
  }

  return {
    async run(task, signal) {
      await turn(signal)
      try {
        return await task()
      } finally {
        release()
      }
    },
  }
}
