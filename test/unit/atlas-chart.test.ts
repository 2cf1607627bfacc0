import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { describe, expect, it } from "vitest"
import { type ChartMemory, chartMany } from "~src/atlas/chart"
import { findFamilies } from "~src/atlas/relatives"
import { sketchOf } from "~src/atlas/sketch"
import { sketchCosine } from "~src/atlas/sketch-pair"
import { cutWindows, WINDOW } from "~src/atlas/windows"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import { isWeightFile } from "~src/formats/weight-files"
import type { Family } from "~src/lineage/family"
import type { Member } from "~src/lineage/types"
import { CONFIDENCE_BAR } from "~src/lineage/verdict"
import { generateFamilies } from "./generated-families"
import { arrows, FIXTURES, fingerprintOf, mapWeights, memberOf, rootWeights, runner, trained } from "./lineage-models"
import { call, memoryReader, ref } from "./memory-reader"

const never = new AbortController().signal

async function chart(members: readonly Member[], memory?: ChartMemory): Promise<Family[]> {
  const families: Family[] = []
  for await (const family of chartMany(members, runner, never, memory && { memory })) families.push(family)
  return families
}
const allArrows = (families: readonly Family[]) => families.flatMap(arrows).sort()

it("charts the fixtures, trained for real, with quantisations, conversions and adapters, by their sketches nearly as they were made", async () => {
  const models = (await Promise.all(["hub", "hub-containers"].map(readHub))).flat()
  expect(models.length).toBeGreaterThan(45)
  const known = new Set(models.map(({ member }) => member.id))
  const made = new Set(models.flatMap(({ member, parents }) => parents.filter((id) => known.has(id)).map((id) => `${id} > ${member.id}`)))
  const charted = await chart(models.map(({ member }) => member))
  const said = allArrows(charted)
  const right = said.filter((arrow) => made.has(arrow)).length
  expect(right / said.length).toBeGreaterThan(0.85)
  expect(right / made.size).toBeGreaterThan(0.85)
  const kinds = charted.flatMap(({ edges }) => edges.map(({ kind }) => kind))
  expect(kinds.filter((kind) => kind === "adapter")).toHaveLength(3)
  expect(kinds.filter((kind) => kind === "quantized").length).toBeGreaterThan(4)
  expect(charted.flatMap((family) => family.members.map(({ id }) => id)).sort()).toEqual([...known].sort())
})

interface Made {
  readonly member: Member
  readonly parents: readonly string[]
}

/** Every model of a fixture Hub that can be read, with its dates and cards. */
async function readHub(name: string): Promise<Made[]> {
  const root = `${FIXTURES}../${name}/`
  const [hub, truth] = ["hub.json", "truth.json"].map((file) => JSON.parse(readFileSync(`${root}${file}`, "utf8")))
  const repos: ReadonlyMap<string, { createdAt: string; gated: unknown }> = new Map(
    hub.repos.map((repo: { id: string; createdAt: string; gated: unknown }) => [repo.id, repo] as const),
  )
  const models: readonly { id: string; declared: string[]; parents: { id: string }[] }[] = truth.models
  const made = await Promise.all(
    models.map(async ({ id, declared, parents }): Promise<Made[]> => {
      const files = readdirSync(`${root}${id}`, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      const paths = files.map(({ parentPath, name }) => relative(`${root}${id}`, join(parentPath, name)))
      if (repos.get(id)?.gated || !paths.some(isWeightFile)) return []
      const reader = memoryReader(Object.fromEntries(paths.map((path) => [path, new Uint8Array(readFileSync(`${root}${id}/${path}`))])))
      const fingerprint = await readFingerprint(reader, ref, reader.list, { budget: DEFAULT_BUDGET, call })
      const createdAt = Date.parse(repos.get(id)?.createdAt as string)
      return [{ member: memberOf(id, { ...fingerprint, revision: id }, { declared, createdAt }), parents: parents.map((one) => one.id) }]
    }),
  )
  return made.flat()
}

describe("generated families", () => {
  const sizes = [130, 12, 7, 1, 1]
  const made = (async () => generateFamilies([await fingerprintOf(rootWeights(1)), await fingerprintOf(rootWeights(2, 3))], sizes, 11))()

  it("are told apart and found as they were made", async () => {
    const { members, parents, families } = await made
    const charted = await chart(members)
    expect(charted.map((family) => family.members.length).sort((a, b) => b - a)).toEqual(sizes)
    for (const family of charted) expect(new Set(family.members.map(({ id }) => families.get(id))).size).toBe(1)
    const claims = charted.flatMap((family) =>
      family.edges
        .map(({ parent, child, attachment, direction }) => ({
          parent: family.members[parent]?.id,
          child: family.members[child]?.id as string,
          probability: attachment * direction,
        }))
        .filter(({ probability }) => probability >= CONFIDENCE_BAR),
    )
    const isRight = ({ parent, child }: (typeof claims)[number]) => parents.get(child) === parent
    // A child of a member that moved little looks like its sibling; the probability says so.
    const sure = claims.filter(({ probability }) => probability >= 0.8)
    expect(sure.filter(isRight).length / sure.length).toBeGreaterThan(0.98)
    expect(sure.length / parents.size).toBeGreaterThan(0.8)
    expect(claims.filter(isRight).length / parents.size).toBeGreaterThan(0.93)
    for (const { child } of claims) expect(claims.filter((claim) => claim.child === child)).toHaveLength(1)
  })

  it("come out the same in any order, and a newcomer leaves other windows alone", async () => {
    const { members } = await made
    const memory: ChartMemory = new Map()
    const [newcomer, ...before] = members as [Member, ...Member[]]
    const last = members.at(-30) as Member
    const rest = members.filter((member) => member !== last)
    await chart(rest, memory)
    const known = new Set(memory.keys())
    const grown = await chart(members, memory)
    expect([...memory.keys()].filter((key) => !known.has(key)).length).toBeLessThanOrEqual(3)
    expect(allArrows(grown)).toEqual(allArrows(await chart([...before].reverse().concat(newcomer))))
  })

  it("are cut into windows in which every member has its own place once", async () => {
    const { members } = await made
    const windows = cutWindows(members.slice(0, 130).map(({ fingerprint }) => sketchOf(fingerprint)))
    const own = windows.flatMap((window) => window.own)
    expect(own.sort((a, b) => a - b)).toEqual(Array.from({ length: 130 }, (_, i) => i))
    for (const window of windows) {
      expect(window.own.length).toBeLessThanOrEqual(WINDOW)
      expect(window.context.some((place) => window.own.includes(place))).toBe(false)
    }
  })
})

it("does not take what a sketch leaves out for equal", async () => {
  const root = rootWeights(5)
  const tuned = trained(root, 6, 0.05)
  // All that differs is the head, which no sketch holds.
  const headed = mapWeights(root, ({ values }, name) => (name.includes("lm_head") ? (tuned[name]?.values ?? values) : values))
  const members = [
    memberOf("x/root", await fingerprintOf(root)),
    memberOf("x/copy", await fingerprintOf(root)),
    memberOf("x/cast", await fingerprintOf(root, "BF16")),
    memberOf("x/headed", await fingerprintOf(headed)),
  ].map((member) => ({ ...member, fingerprint: { ...member.fingerprint, revision: member.id } }))
  const kinds = new Map(
    (await chart(members)).flatMap(({ members: all, edges }) => edges.map((e) => [`${all[e.child]?.id}`, e.kind] as const)),
  )
  expect(kinds.get("x/cast")).toBe("precision")
  expect([kinds.get("x/root"), kinds.get("x/copy")].filter((kind) => kind === "copy")).toHaveLength(1)
  expect(kinds.get("x/headed")).not.toBe("copy")
})

it("finds no family among strangers, and stops when asked to", async () => {
  const members = await Promise.all([1, 2, 3].map(async (seed) => memberOf(`s/${seed}`, await fingerprintOf(rootWeights(seed)))))
  const sketches = members.map(({ fingerprint }) => sketchOf(fingerprint))
  expect(findFamilies(sketches)).toEqual([[0], [1], [2]])
  expect(Math.abs(sketchCosine(sketches[0] as never, sketches[1] as never) as number)).toBeLessThan(0.1)
  const stop = AbortSignal.abort()
  await expect(chartMany(members, runner, stop).next()).rejects.toThrow()
})
