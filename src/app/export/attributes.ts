import type { AtlasEdge, AtlasNode } from "../report"

type Value = string | number | boolean
/** Attributes with their types in GraphML and GEXF, in the order in which they are written; absent values are left out. */
type Attributes<Item> = readonly {
  readonly name: string
  readonly type: "string" | "double" | "boolean" | "integer"
  readonly of: (item: Item) => Value | undefined
}[]

export const NODE_ATTRIBUTES: Attributes<AtlasNode> = [
  { name: "family", type: "integer", of: ({ family }) => family },
  { name: "ghost", type: "boolean", of: ({ ghost }) => ghost },
  { name: "verdict", type: "string", of: ({ verdict }) => verdict },
  { name: "declared", type: "string", of: ({ declared }) => declared.map(({ id }) => id).join(" ") || undefined },
  { name: "createdAt", type: "string", of: ({ createdAt }) => createdAt },
  { name: "license", type: "string", of: ({ license }) => license },
  { name: "downloads", type: "integer", of: ({ downloads }) => downloads },
  { name: "task", type: "string", of: ({ task }) => task },
  { name: "revision", type: "string", of: ({ revision }) => revision },
  { name: "access", type: "string", of: ({ access }) => access },
  { name: "imported", type: "boolean", of: ({ imported }) => imported },
]

export const EDGE_ATTRIBUTES: Attributes<AtlasEdge> = [
  { name: "relation", type: "string", of: ({ relation }) => relation },
  { name: "probability", type: "double", of: ({ probability }) => probability },
  { name: "share", type: "double", of: ({ share }) => share },
  { name: "declared", type: "boolean", of: ({ declared }) => declared },
  { name: "imported", type: "boolean", of: ({ imported }) => imported },
]
