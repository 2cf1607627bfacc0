import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { conclude, type DeclaredState, type VerdictInput } from "~src/lineage/verdict"

const parent = { id: "acme/root", relation: "finetune", probability: 0.97, direction: { probability: 0.98 } }
const STATES = ["parent", "ancestor", "descendant", "relative", "unrelated", "unread"] as const
const says = (state: DeclaredState["state"], id = `card/${state}`): DeclaredState => ({ declared: { id, relation: null }, state })
const nothing: VerdictInput = {
  model: "acme/child",
  parents: [],
  doubtful: null,
  declared: [],
  relatives: 0,
  descendants: 0,
  sharedInit: [],
  unclear: [],
  compared: 3,
  nothingRead: false,
}
const of = (input: Partial<VerdictInput>) => conclude({ ...nothing, ...input })

describe("with a parent found", () => {
  it.each([
    [[], "undocumented"],
    [["parent"], "documented"],
    [["ancestor"], "documented"],
    [["descendant"], "contradicted"],
    [["relative"], "contradicted"],
    [["unrelated"], "contradicted"],
    [["unread"], "unverified"],
    [["unrelated", "parent"], "documented"],
    [["unread", "ancestor"], "documented"],
    [["unread", "unrelated"], "contradicted"],
  ] as const)("a card that names %j is %s", (states, verdict) => {
    const answer = of({ parents: [parent], declared: states.map((state) => says(state)) })
    expect(answer.verdict).toBe(verdict)
    const named = verdict === "documented" ? states.at(-1) : states.find((state) => verdict === "unverified" || state !== "unread")
    if (named) expect(answer.reason).toContain(`card/${named}`)
    if (!states.includes("parent" as never)) expect(answer.reason).toContain("acme/root")
  })

  it("leaves open which of two relatives it is, unless the weights are surer than a card may be wrong", () => {
    const relative = { declared: [says("relative")] }
    expect(of({ ...relative, parents: [{ ...parent, probability: 0.9 }] })).toMatchObject({
      verdict: "unverified",
      worded: { as: "either" },
    })
    expect(of({ parents: [{ ...parent, probability: 0.9 }], declared: [says("unrelated")] }).verdict).toBe("contradicted")
  })

  it("calls no silent card undocumented while the model may be the older of the two", () => {
    const open = { ...parent, probability: 0.7, direction: { probability: 0.72 } }
    expect(of({ parents: [open] })).toMatchObject({
      verdict: "unverified",
      worded: { as: "order_open", values: { declared: "acme/root" } },
    })
    expect(of({ parents: [open, { ...parent, id: "acme/other" }] }).verdict).toBe("undocumented")
    expect(of({ parents: [open], declared: [says("parent")] }).verdict).toBe("documented")
  })

  it("names both parents of a merge", () => {
    expect(of({ parents: [parent, { ...parent, id: "acme/other" }] }).reason).toContain("acme/root and acme/other")
  })
})

describe("without a parent", () => {
  it.each([
    [{ declared: [says("descendant")] }, "contradicted", "card/descendant"],
    [{ doubtful: { id: "acme/maybe", probability: 0.414 } }, "unverified", "acme/maybe"],
    [{ declared: [says("unrelated")] }, "contradicted", "card/unrelated"],
    [{ declared: [says("unread")] }, "unverified", "card/unread"],
    [{ declared: [says("relative")] }, "unverified", "card/relative"],
    [{ nothingRead: true }, "unverified", "could be read"],
    [{ sharedInit: ["acme/seedmate"] }, "independent", "acme/seedmate"],
    [{ relatives: 2, descendants: 2 }, "independent", "2"],
    [{ compared: 0 }, "independent", "No comparable model"],
    [{}, "independent", "3"],
  ] as const)("%j is %s", (input, verdict, part) => {
    const answer = of(input)
    expect(answer.verdict).toBe(verdict)
    expect(answer.reason).toContain(part)
  })

  it("says how open a doubtful parent is", () => {
    expect(of({ doubtful: { id: "acme/maybe", probability: 0.414 } }).reason).toContain("41 %")
  })

  it("passes on why a declared parent could not be read", () => {
    expect(of({ declared: [{ ...says("unread"), reason: "it is gated." }] }).reason).toContain("it is gated.")
  })
})

it("answers every state in a whole sentence, with ids as the plain text they are", () => {
  const id = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom("<img src=x onerror=alert(1)>/a", "$&/$1", "a/b\u202e", "__proto__/constructor"),
  )
  const input = fc.record({
    model: id,
    parents: fc.array(
      fc.record({
        id,
        relation: fc.constant("finetune"),
        probability: fc.double({ min: 0.5, max: 1, noNaN: true }),
        direction: fc.record({ probability: fc.double({ min: 0.5, max: 1, noNaN: true }) }),
      }),
      { maxLength: 3 },
    ),
    doubtful: fc.option(fc.record({ id, probability: fc.double({ min: 0, max: 0.5, noNaN: true }) })),
    declared: fc.array(fc.record({ declared: fc.record({ id, relation: fc.constant(null) }), state: fc.constantFrom(...STATES) }), {
      maxLength: 3,
    }),
    relatives: fc.nat(50),
    descendants: fc.nat(50),
    sharedInit: fc.array(id, { maxLength: 2 }),
    unclear: fc.array(id, { maxLength: 2 }),
    compared: fc.nat(50),
    nothingRead: fc.boolean(),
  })
  fc.assert(
    fc.property(input, (facts) => {
      const { verdict, reason } = conclude(facts)
      expect(["documented", "undocumented", "contradicted", "independent", "unverified"]).toContain(verdict)
      const ids = [...facts.parents, ...facts.declared.map(({ declared }) => declared), ...(facts.doubtful ? [facts.doubtful] : [])].map(
        (one) => one.id,
      )
      const words = [...ids, ...facts.sharedInit]
        .sort((a, b) => b.length - a.length)
        .reduce((text, one) => text.split(one).join(""), reason)
      expect(words).not.toMatch(/NaN|Infinity|undefined|null|\[object/)
      if (verdict === "undocumented") for (const one of facts.parents) expect(reason).toContain(one.id)
      if (facts.parents.length > 0) expect(verdict).not.toBe("independent")
      else expect(["documented", "undocumented"]).not.toContain(verdict)
    }),
    { numRuns: 400 },
  )
})
