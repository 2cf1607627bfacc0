import { afterAll, beforeAll, expect, it } from "vitest"
import { forgetToken, ownerOfToken, readToken, type StorageArea, saveToken, tokenState } from "~src/app/token"
import { openMemoryStore } from "~src/storage/memory"
import { type RunningHub, startHub } from "~test/hub"

/** As `chrome.storage` behaves. */
function area(): StorageArea & { readonly items: Map<string, unknown> } {
  const items = new Map<string, unknown>()
  return {
    items,
    get: async (key) => (items.has(key) ? { [key]: items.get(key) } : {}),
    set: async (added) => Object.entries(added).forEach(([key, value]) => void items.set(key, value)),
    remove: async (key) => void items.delete(key),
  }
}

function places() {
  const store = openMemoryStore()
  return { session: area(), local: area(), store: async () => store }
}

let hub: RunningHub
beforeAll(async () => {
  hub = await startHub({ roots: [] })
})
afterAll(() => hub.close())

it("keeps a token in memory alone, unless asked to keep it", async () => {
  const where = places()
  await saveToken(where, "hf_test_plain", false)
  expect(await readToken(where)).toBe("hf_test_plain")
  expect(await tokenState(where)).toBe("session")
  expect(where.local.items.size).toBe(0)
  expect(await (await where.store()).keys("settings")).toEqual([])
  // The browser ends.
  where.session.items.clear()
  expect(await readToken(where)).toBeUndefined()
})

it("keeps it in the database, out of reach of content scripts, and forgets it everywhere", async () => {
  const where = places()
  await saveToken(where, "hf_test_plain", true)
  expect([...where.local.items]).toEqual([["tokenKept", true]])
  expect(where.session.items.size).toBe(0)
  expect(await readToken(where)).toBe("hf_test_plain")
  // Clearing the cache is not forgetting the token.
  await (await where.store()).clear()
  expect(await readToken(where)).toBe("hf_test_plain")
  expect(await tokenState(where)).toBe("kept")
  await forgetToken(where)
  expect(await tokenState(where)).toBe("none")
  expect(await readToken(where)).toBeUndefined()
  expect(await (await where.store()).keys("settings")).toEqual([])
})

it("gives out nothing that is no token", async () => {
  const where = places()
  for (const bad of ["", "hf_x\r\nHost: evil", 7, null]) {
    await where.session.set({ token: bad })
    expect(await readToken(where)).toBeUndefined()
  }
})

it("knows whose a token is, or what to do", async () => {
  expect(await ownerOfToken("hf_test_granted", hub.url, fetch)).toBe("test-granted")
  await expect(ownerOfToken("hf_unknown", hub.url, fetch)).rejects.toMatchObject({ code: "bad-arguments" })
  await expect(ownerOfToken("not a token", hub.url, fetch)).rejects.toMatchObject({ code: "bad-arguments" })
  hub.setOffline(true)
  await expect(ownerOfToken("hf_test_granted", hub.url, fetch)).rejects.toMatchObject({ code: "offline" })
  hub.setOffline(false)
})
