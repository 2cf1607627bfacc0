import { unlessAborted } from "./abort"

/** Whose turn it is: 0 before 1 before 2. */
export type Turn = 0 | 1 | 2

/** Runs tasks turn by turn, those of one turn in the order given, at most a fixed number at once. */
export interface Queue {
  /** @throws PedigreeError "aborted" at once when the signal fires before the task's turn; otherwise whatever the task throws. */
  run<T>(task: () => Promise<T>, signal: AbortSignal, turn?: Turn): Promise<T>
}

export function createQueue(atOnce: number): Queue {
  let running = 0
  const waiting = { 0: new Set<() => void>(), 1: new Set<() => void>(), 2: new Set<() => void>() } satisfies Record<Turn, unknown>

  async function enter(turn: Turn, signal: AbortSignal): Promise<void> {
    if (running >= atOnce) {
      let go = () => {}
      const called = new Promise<void>((resolve) => {
        go = resolve
        waiting[turn].add(go)
      })
      try {
        await unlessAborted(called, signal)
      } catch (error) {
        // The turn may have been handed over in the same moment: pass it on.
        if (!waiting[turn].delete(go)) release()
        throw error
      }
      return
    }
    running += 1
  }

  function release(): void {
    for (const line of [waiting[0], waiting[1], waiting[2]]) {
      const [next] = line
      if (next === undefined) continue
      line.delete(next)
      next()
      return
    }
    running -= 1
  }

  return {
    async run(task, signal, turn = 1) {
      await enter(turn, signal)
      try {
        return await task()
      } finally {
        release()
      }
    },
  }
}
