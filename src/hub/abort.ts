import { PedigreeError } from "~src/core/errors"

/** The error that every read ends with when its signal fires. */
export function cancelled(): PedigreeError {
  const worded = { as: "cancelled", values: {} }
  return new PedigreeError("aborted", "The inspection was cancelled.", "Start it again when you like.", { worded })
}

const listeners = new WeakMap<AbortSignal, Set<() => void>>()

/** One real listener per signal: an inspection has many reads in flight on one signal, and Node warns of more than ten. */
function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const known = listeners.get(signal)
  const all = known ?? new Set()
  if (known === undefined) {
    listeners.set(signal, all)
    signal.addEventListener("abort", () => [...all].forEach((one) => void one()), { once: true })
  }
  all.add(listener)
  return () => all.delete(listener)
}

/**
 * `promise`, given up at once when `signal` fires, whether or not the work behind it listens to the signal.
 *
 * @throws PedigreeError "aborted", or what `promise` throws
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let forget = () => {}
  const abort = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(cancelled())
    else forget = onAbort(signal, () => reject(cancelled()))
  })
  try {
    return await Promise.race([promise, abort])
  } catch (error) {
    // Work that listens to the signal itself may be the first to reject, with words of its own.
    throw signal.aborted ? cancelled() : error
  } finally {
    forget()
  }
}
