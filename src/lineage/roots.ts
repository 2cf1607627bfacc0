import * as v from "valibot"
import listed from "~assets/roots.json"
import { isModelId } from "~src/hub/ids"
import type { ModelRecord } from "~src/hub/types"

/** A repository with the weights of another that not everybody can read, as a person looked it up: nothing here measures it. */
export interface OpenCopy {
  readonly id: string
  /** Address of the page that says so. */
  readonly source: string
}

/** A well-known model that many others are made from. */
export interface Root {
  readonly id: string
  /** `model_type` of its config.json, or for pipelines of diffusers the tag with the pipeline's class. */
  readonly type: string
  /** Distinct weights, tied ones counted once; null for pipelines, whose repositories hold several precisions. */
  readonly parameters: number | null
  /** Address of the page that these facts are from. */
  readonly source: string
  readonly copies: readonly OpenCopy[]
}

/** How many weights a model may have. */
export interface SizeRange {
  readonly min: number
  readonly max: number
}

const Id = v.pipe(v.string(), v.check(isModelId))
const Source = v.pipe(v.string(), v.url(), v.startsWith("https://"))
const Roots = v.pipe(
  v.array(
    v.strictObject({
      id: Id,
      type: v.pipe(v.string(), v.nonEmpty()),
      parameters: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
      source: Source,
      copies: v.optional(v.array(v.strictObject({ id: Id, source: Source })), []),
    }),
  ),
  v.check((roots) => {
    const ids = roots.flatMap(({ id, copies }) => [id, ...copies.map((copy) => copy.id)])
    return new Set(ids).size === ids.length
  }, "a repository is listed twice"),
)

/** The list in assets/roots.json, bases before what was made of them. */
export const ROOTS: readonly Root[] = v.parse(Roots, listed)

const COPIES = new Map(ROOTS.map(({ id, copies }) => [id.toLowerCase(), copies]))

/** Repositories that hold the weights of this one, the likeliest to last first. */
export const openCopies = (id: string): readonly OpenCopy[] => COPIES.get(id.toLowerCase()) ?? []

/** How the tags of diffusers' repositories begin. */
const PIPELINE = "diffusers:"

/** Counts differ by tied heads that are stored twice, task heads and a few added tokens; beyond this factor it is another model. */
const SIZE_FACTOR = 1.25
/** As many bases and chat models of one size as there are in a generation. */
const MOST_ROOTS = 4

/**
 * The roots that a model of this type and size may come from, the nearest in size first. A model type alone has dozens: without a size
 * only those are meant that have none of their own.
 */
export function rootsLike({ modelType, tags }: ModelRecord, size: SizeRange | null): readonly Root[] {
  const factor = (parameters: number) =>
    size === null ? Number.POSITIVE_INFINITY : Math.max(1, parameters / size.max, size.min / parameters)
  return ROOTS.filter(({ type }) => type === modelType || (type.startsWith(PIPELINE) && tags.includes(type)))
    .map((root) => ({ root, far: root.parameters === null ? 1 : factor(root.parameters) }))
    .filter(({ far }) => far <= SIZE_FACTOR)
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST_ROOTS)
    .map(({ root }) => root)
}
