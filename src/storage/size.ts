/** What a value's object, array or entry costs beside its contents, roughly. Bytes. */
const OVERHEAD = 16

/** About how many bytes a structured-clonable value takes in storage. Typed arrays count by their bytes; a value met twice counts once. */
export function approximateBytes(value: unknown): number {
  const seen = new Set<object>()
  const rest: unknown[] = [value]
  let bytes = 0
  while (rest.length > 0) {
    const item = rest.pop()
    if (typeof item === "string") bytes += OVERHEAD + 2 * item.length
    else if (typeof item !== "object" || item === null) bytes += 8
    else if (!seen.has(item)) {
      seen.add(item)
      bytes += OVERHEAD
      if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer) bytes += item.byteLength
      else if (item instanceof Blob) bytes += item.size
      else if (item instanceof Map) for (const [key, content] of item) rest.push(key, content)
      else if (item instanceof Set || Array.isArray(item)) for (const content of item) rest.push(content)
      else for (const [key, content] of Object.entries(item)) rest.push(key, content)
    }
  }
  return bytes
}
