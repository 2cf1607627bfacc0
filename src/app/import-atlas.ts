import * as v from "valibot"
import { PedigreeError } from "~src/core/errors"
import { RELATIONS } from "~src/core/words"
import { isModelId } from "~src/hub/ids"
import { ACCESS, type AtlasReport } from "./report"

/** Larger files are refused unread. */
export const MOST_BYTES = 20_000_000
/** A drawing of more would be of no use, and a hostile file could stop the browser. */
const MOST_NODES = 5000
const MOST_EDGES = 10_000

const Id = v.pipe(
  v.string(),
  v.maxLength(200),
  v.check((id) => /^ghost:\d{1,6}$/.test(id) || isModelId(id), "is no model's id"),
)
const Text = v.pipe(v.string(), v.maxLength(200))
const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const Count = v.pipe(v.number(), v.finite(), v.minValue(0))
const Time = v.pipe(
  v.string(),
  v.maxLength(40),
  // What lies beyond would stretch the date axis out of sight.
  v.check((time) => Date.parse(time) > Date.UTC(2000) && Date.parse(time) < Date.UTC(2200), "is no time"),
)

const Node = v.object({
  id: Id,
  family: v.pipe(v.number(), v.integer()),
  ghost: v.boolean(),
  verdict: v.picklist(["documented", "undocumented", "contradicted", "independent", "unverified"]),
  // Cards name what they like: the drawing shows such names as text alone.
  declared: v.pipe(v.array(v.object({ id: v.pipe(v.string(), v.maxLength(500)), relation: v.nullable(Text) })), v.maxLength(100)),
  createdAt: v.exactOptional(Time),
  license: v.exactOptional(Text),
  task: v.exactOptional(Text),
  downloads: v.exactOptional(Count),
  revision: v.exactOptional(v.pipe(v.string(), v.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/))),
  access: v.exactOptional(v.picklist(ACCESS)),
  namedBy: v.exactOptional(v.pipe(v.array(Id), v.maxLength(1000))),
})
const Edge = v.object({
  parent: Id,
  child: Id,
  relation: v.picklist(RELATIONS),
  probability: Share,
  share: Share,
  declared: v.boolean(),
})
const File = v.object({
  schema: v.literal("pedigree/atlas@1"),
  nodes: v.pipe(v.array(Node), v.maxLength(MOST_NODES)),
  edges: v.pipe(v.array(Edge), v.maxLength(MOST_EDGES)),
})

const ADVICE = "Choose a file made by Export as JSON or by the command atlas --json."

const noAtlas = (message: string, detail: string) =>
  new PedigreeError("malformed", message, ADVICE, { worded: { as: "no_atlas", values: { detail } } })

/** The error for a file of more than {@link MOST_BYTES}. */
export const tooLarge = () => noAtlas("The file is too large for an atlas.", "it is too large")

/**
 * An atlas file of somebody else: whatever is not part of the format is dropped, whatever breaks it refuses the file.
 * @throws PedigreeError "malformed" that says where the file breaks the format
 */
export function parseAtlasFile(text: string): AtlasReport {
  if (text.length > MOST_BYTES) throw tooLarge()
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw noAtlas("The file is no JSON.", "it is no JSON")
  }
  const parsed = v.safeParse(File, json, { abortEarly: true })
  if (!parsed.success) {
    const place = v.getDotPath(parsed.issues[0])?.slice(0, 100)
    const detail = place ? `${place} does not fit` : "it has another form"
    throw noAtlas(`The file is no atlas: ${detail}.`, detail)
  }
  const { nodes, edges } = parsed.output
  if (new Set(nodes.map(({ id }) => id.toLowerCase())).size < nodes.length)
    throw noAtlas("The file names a model twice.", "it names a model twice")
  return {
    schema: "pedigree/atlas@1",
    nodes,
    edges,
    cost: { requests: 0, bytes: 0, weightBytes: 0, milliseconds: 0, provider: null },
  }
}
