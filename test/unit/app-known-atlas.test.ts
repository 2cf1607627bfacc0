import { expect, it } from "vitest"
import { ENGINE_VERSION } from "~src/app/engine-version"
import { knownAtlas } from "~src/app/known-atlas"
import { openMemoryStore } from "~src/storage/memory"
import { atlasOf } from "../e2e/atlas-scenes"
import { FAMILY, report } from "../e2e/scenes"

it("joins all known families at what they have in common, the own inspection's verdict before a relative's", async () => {
  const store = openMemoryStore()
  expect(await knownAtlas(store)).toBeNull()
  const keep = async (model: string, atlas: typeof FAMILY, revision = "0".repeat(40)) => {
    const key = `${model}@${revision}#${ENGINE_VERSION}#1000`
    await store.put("reports", key, report({ model, revision, verdict: "documented" }))
    await store.put("families", key, atlas)
  }
  const revision = "a".repeat(40)
  const coder = { id: "acme/coder-7b", family: 0, ghost: false, verdict: "undocumented", declared: [], revision } as const
  await keep("acme/base-7b", FAMILY)
  await keep(
    "acme/coder-7b",
    atlasOf(
      [coder, { ...coder, id: "late/heir", revision: "b".repeat(40) }],
      [{ parent: "acme/coder-7b", child: "late/heir", relation: "finetune", probability: 0.95, share: 1, declared: true }],
    ),
    revision,
  )
  const all = await knownAtlas(store)
  expect(all?.nodes).toHaveLength(FAMILY.nodes.length + 1)
  expect(all?.edges).toHaveLength(FAMILY.edges.length + 1)
  expect(all?.nodes.find(({ id }) => id === "acme/coder-7b")).toMatchObject({ verdict: "documented", revision })
  expect(new Set(all?.nodes.map(({ family }) => family)).size).toBe(1)
  expect(JSON.stringify(all)).not.toContain("imported")
})
