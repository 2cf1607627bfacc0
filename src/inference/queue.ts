let tail: Promise<unknown> = Promise.resolve()

/**
 * Runs jobs strictly one after another. ONNX Runtime Web is one instance per process and breaks for good when two calls overlap on
 * WebGPU, so every `create`, `run` and `release` of every graph goes through this one queue.
 */
export function serially<T>(job: () => Promise<T>): Promise<T> {
  const result = tail.then(job)
  tail = result.catch(() => undefined)
  return result
}
