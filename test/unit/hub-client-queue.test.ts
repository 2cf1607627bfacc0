import { expect, test } from "vitest"
import { createQueue } from "~src/hub/queue"

const forever = new AbortController().signal

function later() {
  let finish = () => {}
  const promise = new Promise<void>((resolve) => {
    finish = resolve
  })
  return { promise, finish }
}

test("runs in the order given, a fixed number at once, also after failures", async () => {
  const queue = createQueue(2)
  const order: number[] = []
  const tasks = Array.from({ length: 6 }, (_, i) =>
    queue.run(async () => {
      order.push(i)
      await Promise.resolve()
      if (i % 2) throw new Error(String(i))
      return i
    }, forever),
  )
  const ends = await Promise.allSettled(tasks)
  expect(order).toEqual([0, 1, 2, 3, 4, 5])
  expect(ends.map((end) => end.status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled", "rejected"])
})

test("who leaves the queue neither takes a turn nor loses one for the others", async () => {
  const queue = createQueue(1)
  const busy = later()
  const running = queue.run(() => busy.promise, forever)
  const stop = new AbortController()
  let started = 0
  const wait = () =>
    queue.run(async () => {
      started += 1
      return "ran"
    }, forever)
  const before = wait()
  const left = queue.run(async () => "ran", stop.signal)
  const after = wait()
  stop.abort()
  await expect(left).rejects.toMatchObject({ code: "aborted" })
  expect(started).toBe(0)
  busy.finish()
  await running
  expect(await Promise.all([before, after])).toEqual(["ran", "ran"])
})

test("a turn that is given in the moment of leaving is passed on", async () => {
  const queue = createQueue(1)
  const busy = later()
  const stop = new AbortController()
  const running = queue.run(() => busy.promise.finally(() => queueMicrotask(() => queueMicrotask(() => stop.abort()))), forever)
  const left = queue.run(async () => "ran", stop.signal).catch((error) => error.code)
  const next = queue.run(async () => "ran", forever)
  busy.finish()
  await running
  await left
  expect(await next).toBe("ran")
  expect(await queue.run(async () => "ran", forever)).toBe("ran")
})

test("what can wait goes behind all others, whoever came first", async () => {
  const queue = createQueue(1)
  const busy = later()
  const running = queue.run(() => busy.promise, forever)
  const order: number[] = []
  const tasks = [true, false, true, false].map((last, i) => queue.run(async () => void order.push(i), forever, last))
  busy.finish()
  await Promise.all([running, ...tasks])
  expect(order).toEqual([1, 3, 0, 2])
})
