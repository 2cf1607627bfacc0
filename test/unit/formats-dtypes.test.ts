import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { decodeValues, dtypeSize, roundToBfloat16, roundToFloat16 } from "~src/formats/dtypes"
import type { Dtype } from "~src/formats/types"

/** SHA-256 of float32 values, NaN as 0; the expected digests below were computed by PyTorch 2 over the same inputs. */
function digest(values: Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(values.map((value) => (Number.isNaN(value) ? 0 : value)).buffer))
    .digest("hex")
}

function everyPattern(size: 1 | 2): Uint8Array {
  const patterns = size === 1 ? Uint8Array.from({ length: 256 }, (_, i) => i) : Uint16Array.from({ length: 65_536 }, (_, i) => i)
  return new Uint8Array(patterns.buffer)
}

describe("decodeValues agrees with PyTorch on every bit pattern", () => {
  it.each([
    ["F16", 2, "faa6d965574036872b0d39a42d1f8bee361d5be92b1e718155a69556a5abacdd"],
    ["BF16", 2, "2950e27364395060b01ae85b45dd15a2ab8891f6ee8b0af2b541dbda5524d0b4"],
    ["F8_E4M3", 1, "0c5d81084420441d5c98db2c276b865fc29738d60fba9c32b55aa8214762b794"],
    ["F8_E5M2", 1, "f3e7031368f3245d56c8114ed15a46144bf609430c117e10fc3e0f5114d773b3"],
  ] as const)("%s", (dtype, size, expected) => {
    expect(digest(decodeValues(dtype, everyPattern(size)))).toBe(expected)
  })

  it("knows NaN where the formats do", () => {
    expect(decodeValues("F8_E4M3", Uint8Array.of(0x7f, 0xff))).toEqual(Float32Array.of(Number.NaN, Number.NaN))
    expect(decodeValues("F16", Uint8Array.of(0x01, 0x7c))).toEqual(Float32Array.of(Number.NaN))
    expect(decodeValues("BF16", Uint8Array.of(0xc0, 0x7f))).toEqual(Float32Array.of(Number.NaN))
  })
})

describe("decodeValues of wide types, at an odd offset", () => {
  it.each<[Dtype, ArrayBufferView, number[]]>([
    ["F64", Float64Array.of(1.5, -(2 ** 40)), [1.5, -(2 ** 40)]],
    ["F32", Float32Array.of(0.1, -7), [Math.fround(0.1), -7]],
    ["I64", BigInt64Array.of(-3n, 2n ** 40n), [-3, 2 ** 40]],
    ["U64", BigUint64Array.of(5n, 2n ** 63n), [5, 2 ** 63]],
    ["I32", Int32Array.of(-9, 2 ** 30), [-9, 2 ** 30]],
    ["U32", Uint32Array.of(9, 2 ** 31), [9, 2 ** 31]],
    ["I16", Int16Array.of(-300, 300), [-300, 300]],
    ["U16", Uint16Array.of(65_535), [65_535]],
    ["I8", Int8Array.of(-128, 127), [-128, 127]],
    ["U8", Uint8Array.of(255, 1), [255, 1]],
    ["BOOL", Uint8Array.of(0, 1), [0, 1]],
  ])("%s", (dtype, source, expected) => {
    const bytes = new Uint8Array(source.byteLength + 1)
    bytes.set(new Uint8Array(source.buffer), 1)
    const bits = bytes.subarray(1)
    expect([...decodeValues(dtype, bits)]).toEqual(expected)
    expect(bits.length / dtypeSize(dtype)).toBe(expected.length)
  })
})

describe("rounding agrees with PyTorch's casts", () => {
  const all = new Float32Array(Uint32Array.from({ length: 65_536 }, (_, i) => (i * 65_521 + 12_345) % 2 ** 32).buffer)
  const middle = new Float32Array(
    Uint32Array.from({ length: 65_536 }, (_, i) => (((i * 65_521 + 12_345) % 2 ** 32) % 2 ** 27) + 0x33000000).buffer,
  )

  it("to bfloat16", () => {
    expect(digest(all.map(roundToBfloat16))).toBe("ad33cf4719d72f7104e047e54941ef98d1a85941482b8670a0474cf76c988132")
  })

  it("to binary16, subnormals and overflow included", () => {
    expect(digest(all.map(roundToFloat16))).toBe("d992956c8564a72193cb641e5205c0049e6cbab9a8c098251ca5a6aabf43356f")
    expect(digest(middle.map(roundToFloat16))).toBe("485ca203e4010e5da570fcd5f20a21c079578c0fd8f7fa66a02f740e6cd29d6a")
  })

  it("keeps NaN", () => {
    expect(roundToBfloat16(Number.NaN)).toBeNaN()
    expect(roundToFloat16(Number.NaN)).toBeNaN()
  })
})
