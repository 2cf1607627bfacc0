import { expect, it } from "vitest"
import { commonPart, trainedAgreement } from "~src/lineage/shared-init"
import type { PairEvidence, TensorEvidence } from "~src/lineage/types"

const base = {
  ...{ layer: 0, tested: 0, matched: 0, logP: 0, equal: 0, sameSign: 0, zeroA: 0, zeroB: 0, maxAbsDelta: 0 },
  ...{ deltaGram: new Float32Array(), head: 0 },
}

function matrix(cosine: number): TensorEvidence {
  return {
    ...base,
    role: "attn.q",
    kind: "matrix",
    rows: 32,
    cols: 32,
    squareA: 1,
    squareB: 1,
    dot: cosine,
    squareDelta: 2 - 2 * cosine,
    sumA: 0,
    sumB: 0,
  }
}

/** Norm gains of two models: about one, with the given deviations. */
function gains(a: readonly number[], b: readonly number[]): TensorEvidence {
  const [x, y] = [a.map((value) => 1 + value), b.map((value) => 1 + value)]
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    ...base,
    role: "norm.attn",
    kind: "vector",
    rows: 1,
    cols: x.length,
    squareA: sum(x.map((value) => value ** 2)),
    squareB: sum(y.map((value) => value ** 2)),
    dot: sum(x.map((value, n) => value * (y[n] as number))),
    squareDelta: sum(x.map((value, n) => (value - (y[n] as number)) ** 2)),
    sumA: sum(x),
    sumB: sum(y),
  }
}

const pair = (...tensors: TensorEvidence[]): PairEvidence => ({ tensors, matched: 1, logP: -100, related: 1 })
const wave = (size: number, shift = 0) => Array.from({ length: 64 }, (_, n) => size * Math.sin(n * 1.7 + shift))
const nothing = () => ({ ofA: null, ofB: null })
const asked = () => {
  throw new Error("structure was looked at")
}

it("takes near models whose trained gains agree for descent, without looking further", () => {
  expect(commonPart(pair(matrix(0.99), gains(wave(0.05), wave(0.06))), asked)).toBe("descent")
})

it("claims nothing of near models that were hardly trained: all that share their seed are as near", () => {
  const evidence = pair(matrix(0.9995), gains(wave(0.004), wave(0.004, 1.4)))
  expect(commonPart(evidence, nothing)).toBe("unclear")
  expect(
    commonPart(evidence, () => ({ ofA: 0.99, ofB: null })),
    "what training wrote is carried",
  ).toBe("descent")
})

it("takes values that were kept bit for bit for descent, however little the models were trained", () => {
  const half = { ...matrix(0.9995), equal: 512 }
  expect(commonPart(pair(half, gains(wave(0.004), wave(0.004, 1))), asked), "half of a matrix").toBe("descent")
  expect(commonPart(pair(matrix(0.9995), gains(wave(0.004), wave(0.004))), asked), "all gains").toBe("descent")
  expect(commonPart(pair(matrix(0.9995), gains(wave(0), wave(0))), nothing), "gains that were never trained").toBe("unclear")
})

it("asks less of gains where models are near, unless structure that both have says otherwise", () => {
  const [alike, apart] = [gains(wave(0.05), wave(0.06, 0.8)), gains(wave(0.05), wave(0.05, 1.4))]
  expect(commonPart(pair(matrix(0.94), alike), nothing)).toBe("descent")
  expect(commonPart(pair(matrix(0.94), alike), () => ({ ofA: 0.6, ofB: 0.7 }))).toBe("shared-init")
  expect(commonPart(pair(matrix(0.94), apart), nothing)).not.toBe("descent")
  expect(commonPart(pair(matrix(0.9), alike), nothing)).not.toBe("descent")
})

it("asks more of gains the less near models are", () => {
  const somewhat = gains(wave(0.05), wave(0.05, 1.1))
  expect(commonPart(pair(matrix(0.98), somewhat), asked)).toBe("descent")
  expect(commonPart(pair(matrix(0.94), somewhat), nothing)).not.toBe("descent")
})

it("takes structure that is carried for no proof where little is in common", () => {
  const carried = () => ({ ofA: 0.6, ofB: 0.98 })
  expect(commonPart(pair(matrix(0.6), gains(wave(0.05), wave(0.05, 1.4))), carried)).toBe("unclear")
  expect(commonPart(pair(matrix(0.7), gains(wave(0.05), wave(0.05, 1.4))), carried)).toBe("descent")
})

it("asks the norms alone what training wrote: other biases may have begun as equal noise", () => {
  const noise = { ...gains(wave(0.3), wave(0.3, 0.01)), role: "conv1.bias" }
  const apart = gains(wave(0.01), wave(0.01, 1.4))
  expect(trainedAgreement(pair(matrix(0.97), noise, apart))).toEqual(trainedAgreement(pair(matrix(0.97), apart)))
  expect(commonPart(pair(matrix(0.99), noise, apart), nothing)).toBe("unclear")
  expect(commonPart(pair(matrix(0.99), noise), nothing), "no norms: nearness alone").toBe("descent")
})

it("claims nothing of near models whose gains were trained apart", () => {
  expect(commonPart(pair(matrix(0.99), gains(wave(0.05), wave(0.05, 1.4))), nothing)).toBe("unclear")
})

it("calls models shared-init that have too little in common, or structure that neither carries", () => {
  expect(commonPart(pair(matrix(0.4), gains(wave(0.05), wave(0.05, 0.1))), asked)).toBe("shared-init")
  expect(commonPart(pair(matrix(0.8), gains(wave(0.05), wave(0.05, 0.1))), () => ({ ofA: 0.7, ofB: 0.8 }))).toBe("shared-init")
})
