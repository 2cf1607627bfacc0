import "fake-indexeddb/auto"
import { IDBFactory, IDBObjectStore } from "fake-indexeddb"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { MIGRATIONS, openDatabase } from "~src/storage/database"
import { openIndexedDbStore } from "~src/storage/indexeddb"
import { openMemoryStore } from "~src/storage/memory"
import { approximateBytes } from "~src/storage/size"

const KIB = new Uint8Array(1024)
let time = 0
const now = () => time

beforeEach(() => {
  time = 1_000_000
  globalThis.indexedDB = new IDBFactory()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe.each([
  ["IndexedDB", (maxBytes: number) => openIndexedDbStore({ maxBytes, now })],
  ["memory", async (maxBytes: number) => openMemoryStore(maxBytes)],
])("the store in %s", (_, open) => {
  test("keeps copies of structured values", async () => {
    const store = await open(1e6)
    const value = { id: "a/b", rows: new Float32Array([1, 2]), when: new Date(5), none: null }
    await store.put("fingerprints", "a/b@1", value)
    value.id = "changed"
    expect(await store.get("fingerprints", "a/b@1")).toEqual({ ...value, id: "a/b" })
    expect(await store.get("fingerprints", "a/b@2")).toBeUndefined()
    expect(await store.get("records", "a/b@1")).toBeUndefined()
  })

  test("overwrites, deletes, lists keys and counts", async () => {
    const store = await open(1e6)
    await store.put("records", "a", KIB)
    await store.put("records", "b", 1)
    await store.put("records", "a", [KIB, KIB.slice()])
    expect((await store.keys("records")).sort()).toEqual(["a", "b"])
    expect((await store.usage()).records).toEqual({ rows: 2, bytes: approximateBytes([KIB, KIB.slice()]) + 8 })
    await store.delete("records", "a")
    await store.delete("records", "never there")
    expect(await store.keys("records")).toEqual(["b"])
    expect((await store.usage()).trees).toEqual({ rows: 0, bytes: 0 })
  })

  test("evicts the least recently used rows, never jobs or settings", async () => {
    const store = await open(10 * 1024)
    await store.put("settings", "s", KIB)
    await store.put("jobs", "j", KIB)
    for (let i = 0; i < 9; i += 1) {
      time += 1
      await store.put(i % 2 ? "trees" : "fingerprints", `k${i}`, KIB)
    }
    time += 120_000
    expect(await store.get("fingerprints", "k0")).toEqual(KIB)
    time += 1
    await store.put("reports", "new", KIB)
    const kept = (await store.keys("fingerprints")).concat(await store.keys("trees")).sort()
    expect(kept, "k0 was used since; k1 and k2 are the oldest, each in its own store").toEqual(["k0", "k3", "k4", "k5", "k6", "k7", "k8"])
    expect(await store.keys("reports")).toEqual(["new"])
    expect(await store.keys("jobs")).toEqual(["j"])
    expect(await store.keys("settings")).toEqual(["s"])
    const { settings, jobs, ...others } = await store.usage()
    expect(Object.values(others).reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(10 * 1024)
    expect(settings.rows + jobs.rows).toBe(2)
  })

  test("a value beyond all bounds is refused and nothing else lost for it", async () => {
    const store = await open(2048)
    await store.put("records", "a", KIB)
    await expect(store.put("records", "b", new Uint8Array(4096))).rejects.toMatchObject({ code: "quota" })
    expect(await store.keys("records")).toEqual(["a"])
  })

  test("clearing leaves the settings", async () => {
    const store = await open(1e6)
    for (const name of ["records", "jobs", "settings"] as const) await store.put(name, "k", 1)
    await store.clear()
    expect(await store.keys("records")).toEqual([])
    expect(await store.keys("jobs")).toEqual([])
    expect(await store.get("settings", "k")).toBe(1)
  })
})

test("what IndexedDB holds outlives the store, and a smaller bound holds from the start", async () => {
  const first = await openIndexedDbStore({ maxBytes: 1e6, now })
  for (let i = 0; i < 8; i += 1) {
    time += 1
    await first.put("records", `k${i}`, KIB)
  }
  const second = await openIndexedDbStore({ maxBytes: 4 * 1024, now })
  expect(await second.keys("records")).toEqual(["k5", "k6", "k7"])
})

function failPuts(times: number) {
  const put = IDBObjectStore.prototype.put
  let left = times
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...args) {
    left -= 1
    if (left >= 0) throw new DOMException("disk full", "QuotaExceededError")
    return put.apply(this, args)
  })
}

test("a full disk: makes room and tries once more, then says so", async () => {
  const store = await openIndexedDbStore({ maxBytes: 1e6, now })
  for (let i = 0; i < 8; i += 1) {
    time += 1
    await store.put("records", `k${i}`, KIB)
  }
  failPuts(1)
  await store.put("jobs", "j", "resumable")
  expect(await store.get("jobs", "j")).toBe("resumable")
  expect(await store.keys("records")).toEqual(["k5", "k6", "k7"])
  vi.restoreAllMocks()
  failPuts(2)
  await expect(store.put("records", "x", 1)).rejects.toMatchObject({ code: "quota", advice: expect.stringMatching(/\.$/) })
  vi.restoreAllMocks()
  time += 120_000
  failPuts(1)
  expect(await store.get("records", "k7"), "reading does not fail for want of space").toEqual(KIB)
})

test("an older database is brought up to date with its rows, while the older connection makes way", async () => {
  let lost = 0
  const older = await openDatabase(() => {
    lost += 1
  }, MIGRATIONS)
  await older.put("records", { key: "a", value: 1, bytes: 8, usedAt: 5 })
  const newer = await openDatabase(() => {}, [
    ...MIGRATIONS,
    (_, upgrade) => void upgrade.objectStore("records").createIndex("more" as "use", "bytes"),
  ])
  expect(lost).toBe(1)
  expect(newer.version).toBe(2)
  expect(await newer.get("records", "a")).toEqual({ key: "a", value: 1, bytes: 8, usedAt: 5 })
  expect([...newer.transaction("records").store.indexNames]).toEqual(["more", "use"])
  await expect(openDatabase(() => {}, MIGRATIONS)).rejects.toMatchObject({ code: "unsupported" })
})

test("the store opens the database again when its connection was closed", async () => {
  const store = await openIndexedDbStore({ maxBytes: 1e6, now })
  await store.put("records", "a", 1)
  await new Promise((resolve, reject) => {
    const request = indexedDB.open("pedigree", MIGRATIONS.length + 1)
    request.onerror = reject
    // Upgrading makes the store's connection give way; aborting leaves the database as it was.
    request.onupgradeneeded = () => request.transaction?.abort()
    request.onerror = resolve
  })
  expect(await store.get("records", "a")).toBe(1)
})

test("a connection that does not make way is reported, not waited for", async () => {
  await new Promise((resolve) => {
    const request = indexedDB.open("pedigree", 1)
    request.onsuccess = resolve
  })
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  try {
    const opening = expect(openDatabase(() => {}, [...MIGRATIONS, () => {}])).rejects.toMatchObject({ code: "unsupported" })
    for (let i = 0; i < 20; i += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      await vi.advanceTimersByTimeAsync(1000)
    }
    await opening
  } finally {
    vi.useRealTimers()
  }
})

test("approximate sizes", () => {
  expect(approximateBytes(KIB)).toBe(1040)
  expect(approximateBytes("abcd")).toBe(24)
  expect(approximateBytes({ a: 1 })).toBe(16 + 18 + 8)
  expect(approximateBytes(new Map([[1, KIB]]))).toBe(16 + 8 + 1040)
  expect(approximateBytes([KIB, KIB])).toBe(16 + 1040)
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  expect(approximateBytes(cyclic)).toBe(16 + 24)
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i += 1) deep = [deep]
  expect(approximateBytes(deep)).toBe(1_600_008)
})
