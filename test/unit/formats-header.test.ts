import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PedigreeError } from "~src/core/errors"
import { headerLength, MAX_HEADER_BYTES, parseHeader } from "~src/formats/safetensors-header"
import { FUZZ_RUNS } from "./fuzz-runs"
import { withHeader, writeSafetensors } from "./safetensors-writer"

function parse(file: Uint8Array, claimedSize = file.length) {
  const end = 8 + headerLength("model.safetensors", file, claimedSize)
  return parseHeader("model.safetensors", file.subarray(8, end), claimedSize)
}
const sample = writeSafetensors(
  {
    "a.weight": { dtype: "F32", shape: [2, 3], bytes: new Uint8Array(24).fill(1) },
    "b.bias": { dtype: "BF16", shape: [4], bytes: new Uint8Array(8).fill(2) },
    scalar: { dtype: "F64", shape: [], bytes: new Uint8Array(8) },
    empty: { dtype: "I64", shape: [0, 7], bytes: new Uint8Array(0) },
    odd: { dtype: "F4", shape: [6], bytes: new Uint8Array(3) },
  },
  { format: "pt" },
)

describe("parseHeader", () => {
  it("lists tensors with absolute offsets, and unknown types as skipped", () => {
    const header = parse(sample)
    expect(header.tensors.map(({ name }) => name)).toEqual(["a.weight", "b.bias", "scalar", "empty"])
    const [a] = header.tensors
    expect(sample.subarray(a?.begin, a?.end)).toEqual(new Uint8Array(24).fill(1))
    expect(header.skipped).toEqual([{ name: "odd", reason: "element type F4 is not supported" }])
    expect(header.metadata.get("format")).toBe("pt")
  })

  it("takes __proto__ and constructor for names like any other", () => {
    const header = parse(
      withHeader(
        '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        new Uint8Array(2),
      ),
    )
    expect(header.tensors.map(({ name }) => name)).toEqual(["__proto__", "constructor"])
  })

  const one = (entry: string, name = "a") => withHeader(`{"${name}":${entry}}`, new Uint8Array(8))
  it.each([
    ["no JSON", withHeader("{oops"), /not valid JSON/],
    ["an array", withHeader("[]"), /not a JSON object/],
    ["HTML", withHeader("<html></html>"), /not a JSON object/],
    ["broken UTF-8", writeBroken(), /not valid JSON/],
    [
      "a name twice",
      withHeader(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        new Uint8Array(1),
      ),
      /twice/,
    ],
    ["a field twice", one('{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}'), /twice/],
    ["outside the file", one('{"dtype":"U8","shape":[9],"data_offsets":[0,9]}'), /lies at bytes/],
    ["backwards", one('{"dtype":"U8","shape":[1],"data_offsets":[2,1]}'), /lies at bytes/],
    ["negative offsets", one('{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}'), /data_offsets/],
    ["fractions", one('{"dtype":"U8","shape":[0.5],"data_offsets":[0,1]}'), /shape/],
    ["nine axes", one('{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}'), /shape/],
    ["a shape beyond counting", one('{"dtype":"U8","shape":[9007199254740991,9007199254740991],"data_offsets":[0,1]}'), /elements/],
    ["a size that disagrees", one('{"dtype":"F32","shape":[1],"data_offsets":[0,1]}'), /can't have 1 bytes/],
    ["metadata that is no text", withHeader('{"__metadata__":{"a":1}}'), /__metadata__/],
    ["metadata that is no object", withHeader('{"__metadata__":["a"]}'), /__metadata__/],
    [
      "overlaps",
      withHeader(
        '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}',
        new Uint8Array(8),
      ),
      /overlap/,
    ],
    ["a very long name", one('{"dtype":"U8","shape":[1],"data_offsets":[0,1]}', "n".repeat(1_001)), /1001 characters/],
  ] as const)("refuses %s", (_what, file, message) => {
    expect(() => parse(file)).toThrow(message)
    expect(() => parse(file)).toThrow(PedigreeError)
  })

  function writeBroken() {
    const file = withHeader('{"a":"xx"}')
    file[14] = 0xff
    return file
  }

  it("refuses header lengths that can't be", () => {
    const claim = (length: bigint) => {
      const head = new Uint8Array(8)
      new DataView(head.buffer).setBigUint64(0, length, true)
      return () => headerLength("x", head, 1_000)
    }
    expect(() => headerLength("x", new Uint8Array(7), 7)).toThrow(/ends after 7 bytes/)
    expect(claim(2n ** 63n)).toThrow(/9223372036854775808 bytes, more than/)
    expect(claim(BigInt(MAX_HEADER_BYTES) + 1n)).toThrow(/more than/)
    expect(claim(993n)).toThrow(/but the file has 1000/)
    expect(claim(0n)).toThrow(/claims 0 bytes/)
    expect(claim(992n)()).toBe(992)
  })

  it("lets no mutation of a real header out other than as a typed error or a sound list", () => {
    const patch = fc.tuple(
      fc.nat(sample.length - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(...'{}[]",:0919-eE\\u'.split("").map((c) => c.charCodeAt(0)))),
    )
    fc.assert(
      fc.property(fc.array(patch, { minLength: 1, maxLength: 6 }), fc.nat(sample.length), (patches, length) => {
        const file = sample.slice(0, Math.max(length, sample.length - length))
        for (const [at, byte] of patches) if (at < file.length) file[at] = byte
        soundOrTyped(file)
      }),
      { numRuns: FUZZ_RUNS },
    )
  })

  it("lets no made-up header out other than as a typed error or a sound list", () => {
    const size = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.maxSafeInteger(), fc.double())
    const entry = fc.record({
      dtype: fc.constantFrom("F32", "BF16", "U8", "F4", ""),
      shape: fc.array(size, { maxLength: 10 }),
      data_offsets: fc.array(size, { maxLength: 3 }),
    })
    const header = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__metadata__", "__proto__")), fc.oneof(entry, fc.jsonValue()))
    fc.assert(
      fc.property(header, (value) => soundOrTyped(withHeader(JSON.stringify(value), new Uint8Array(40)))),
      { numRuns: FUZZ_RUNS },
    )
  })

  function soundOrTyped(file: Uint8Array) {
    try {
      const { tensors } = parse(file)
      for (const { begin, end } of tensors) expect(0 <= begin && begin <= end && end <= file.length).toBe(true)
    } catch (error) {
      if (!(error instanceof PedigreeError)) throw error
      expect(error.code).toBe("malformed")
    }
  }
})
