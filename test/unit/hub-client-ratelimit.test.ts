import { expect, test } from "vitest"
import { askedWait, bucketOf, createBudgets, parseRateLimit } from "~src/hub/ratelimit"

const limit = (text: string) => new Headers({ ratelimit: text })

test("reads the Hub's headers and leaves out what it cannot read", () => {
  expect(parseRateLimit('"api";r=0;t=55')).toEqual([{ bucket: "api", remaining: 0, seconds: 55 }])
  expect(parseRateLimit('"resolvers";r=2997;t=258, "api";r=4;t=1')).toHaveLength(2)
  for (const odd of [null, "", "api", '"api";r=-1;t=4', '"api";r=1', '"constructor";r=1;t=1', '"api";r=99999999999;t=1', ";;;,,"]) {
    expect(parseRateLimit(odd)).toEqual([])
  }
})

test("any address with /resolve/ is a resolver request", () => {
  expect(["/a/b/resolve/main/x", "/api/models", "/a/b"].map(bucketOf)).toEqual(["resolvers", "api", "pages"])
})

test("how long to wait: Retry-After in seconds or as a date, RateLimit, the whole window, nothing", () => {
  const now = Date.UTC(2026, 0, 1)
  const wait = (headers: Record<string, string>) => askedWait(new Headers(headers), now)
  expect(wait({ "retry-after": "7", ratelimit: '"api";r=0;t=55' })).toBe(7000)
  expect(wait({ "retry-after": new Date(now + 9000).toUTCString() })).toBe(9000)
  expect(wait({ "retry-after": new Date(now - 9000).toUTCString() })).toBe(0)
  expect(wait({ "retry-after": "soon", ratelimit: '"api";r=0;t=55' })).toBe(55_000)
  expect(wait({ "ratelimit-policy": '"fixed window";"api";q=500;w=300' })).toBe(300_000)
  expect(wait({ "retry-after": "999999999" })).toBe(3_600_000)
  expect(wait({})).toBeNull()
})

test("a bucket is counted down between answers and refilled with the next window", () => {
  let time = 0
  const budgets = createBudgets(() => time)
  expect(budgets.wait("api")).toBe(0)
  budgets.learn(limit('"api";r=2;t=10'))
  budgets.spend("api")
  budgets.spend("api")
  expect(budgets.wait("api")).toBe(10_000)
  expect(budgets.wait("resolvers")).toBe(0)
  budgets.learn(limit('"api";r=1;t=10'))
  expect(budgets.wait("api"), "an answer that was overtaken does not give anything back").toBe(10_000)
  time = 10_000
  expect(budgets.wait("api")).toBe(0)
  budgets.learn(limit('"api";r=499;t=300'))
  expect(budgets.wait("api")).toBe(0)
})
