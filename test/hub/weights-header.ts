import { fileText, type RepoFile } from "./files"

/** `safetensors` of the models API: elements by safetensors dtype. */
export interface ParameterCounts {
  readonly parameters: Record<string, number>
  readonly total: number
  readonly sharded: boolean
}

const MOST_HEADER = 25_000_000

/** Counted from the headers of the model's files, as the real Hub does; null when one is missing or cannot be read. */
export function countParameters(files: ReadonlyMap<string, RepoFile>): ParameterCounts | null {
  const shards = shardsOf(files)
  if (shards.length === 0) return null
  const parameters: Record<string, number> = {}
  for (const name of shards) {
    const counts = headerCounts(files.get(name))
    if (counts === null) return null
    for (const [dtype, count] of counts) parameters[dtype] = (parameters[dtype] ?? 0) + count
  }
  return { parameters, total: Object.values(parameters).reduce((sum, count) => sum + count, 0), sharded: files.has(INDEX) }
}

const INDEX = "model.safetensors.index.json"

function shardsOf(files: ReadonlyMap<string, RepoFile>): string[] {
  if (files.has("model.safetensors")) return ["model.safetensors"]
  const map = asObject(parse(fileText(files, INDEX) ?? "{}")).weight_map
  const named = [...new Set(Object.values(asObject(map)))].filter((name) => typeof name === "string")
  if (named.length > 0) return named
  const others = [...files.keys()].filter((path) => /^[^/]+\.safetensors$/.test(path))
  return others.length === 1 ? others : []
}

function headerCounts(file: RepoFile | undefined): [dtype: string, count: number][] | null {
  if (file === undefined || file.content.size < 8) return null
  const length = Number(file.content.read(0, 8).readBigUInt64LE())
  if (length > MOST_HEADER || 8 + length > file.content.size) return null
  const header = parse(file.content.read(8, 8 + length).toString("utf8"))
  if (header === null) return null
  return Object.entries(asObject(header)).flatMap(([name, entry]): [string, number][] => {
    const { dtype, shape } = asObject(entry)
    if (name === "__metadata__" || typeof dtype !== "string" || !Array.isArray(shape)) return []
    return [[dtype, shape.reduce((product: number, side) => product * Number(side), 1)]]
  })
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
