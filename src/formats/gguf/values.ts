/** A kept value: a number, a boolean, the beginning of a text, or a short list of numbers (longer lists are empty). */
export type GgufValue = number | boolean | string | readonly number[]
export type GgufValues = ReadonlyMap<string, GgufValue>

/** A text value without control characters and with a bounded length; empty where there is none. */
export function textOf(values: GgufValues, key: string): string {
  const value = values.get(key)
  return typeof value === "string"
    ? value
        .replace(/[\p{Cc}\p{Cf}]/gu, " ")
        .trim()
        .slice(0, 200)
    : ""
}

/** A whole number from 0 on, or null. */
export function countOf(values: GgufValues, key: string): number | null {
  const value = values.get(key)
  return isCount(value) ? value : null
}

/** A whole number that a file gives once or for each layer apart. */
export function layerCountOf(values: GgufValues, key: string, layer: number): number | null {
  const value = values.get(key)
  const one = Array.isArray(value) ? value[layer] : value
  return isCount(one) ? one : null
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}
