import { PedigreeError } from "~src/core/errors"

/** The error that every read ends with when its signal fires. */
export function cancelled(): PedigreeError {
  return new PedigreeError("aborted", "The inspection was cancelled.", "Start it again when you like.")
}

/**
 * `promise`, given up at once when `signal` fires, whether or not the work behind it listens to the signal.
 *
 * @throws PedigreeError "aborted".
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {}
  const abort = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled())
    signal.addEventListener("abort", stop, { once: true })
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([promise, abort])
  } catch (error) {
    // Work that listens to the signal itself may be the first to reject, with words of its own.
    throw signal.aborted ? cancelled() : error
  } finally {
    signal.removeEventListener("abort", stop)
  }
}
