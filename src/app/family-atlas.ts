import { buildGraph, numberFamilies } from "~src/atlas/graph"
import type { ErrorCode } from "~src/core/errors"
import { datasetsOf, languagesOf } from "~src/hub/tags"
import type { ModelRecord } from "~src/hub/types"
import type { Family } from "~src/lineage/family"
import type { Ghost } from "~src/lineage/types"
import { CONFIDENCE_BAR } from "~src/lineage/verdict"
import { concludeMember, edgeProbability, relationOfEdge, type Surroundings } from "./conclude"
import { ghostParent } from "./ghost-parents"
import type { AtlasEdge, AtlasNode, AtlasReport, Cost } from "./report"

/** A charted family as the atlas JSON: every member with its own verdict, every edge above the bar, ghosts among the nodes. */
export function toAtlas(family: Family, records: readonly ModelRecord[], around: Surroundings, cost: Cost): AtlasReport {
  const id = (index: number) => (records[index] as ModelRecord).id
  const ghosts = family.ghosts ?? []
  const read: AtlasEdge[] = family.edges
    .filter((edge) => edgeProbability(family, edge) >= CONFIDENCE_BAR)
    .map((edge) => ({
      parent: id(edge.parent),
      child: id(edge.child),
      relation: relationOfEdge(family, edge),
      probability: edgeProbability(family, edge),
      share: edge.share,
      declared: (records[edge.child] as ModelRecord).declared.some((declared) => declared.id === id(edge.parent)),
    }))
  const edges = [...read, ...ghosts.flatMap((ghost) => ghostEdges(ghost, records))]
  const numbers = numberFamilies(
    buildGraph(
      [...records, ...ghosts].map((node) => node.id),
      edges,
    ),
  )
  const models = records.map((record, index): AtlasNode => {
    const { verdict } = concludeMember(family, index, record, around)
    return {
      id: record.id,
      family: numbers.get(record.id) ?? 0,
      ghost: false,
      verdict,
      declared: record.declared,
      downloads: record.downloads,
      ...(record.createdAt === null ? {} : { createdAt: record.createdAt }),
      ...(record.license === null ? {} : { license: record.license }),
      ...(record.pipelineTag === null ? {} : { task: record.pipelineTag }),
      ...(record.modelType === null ? {} : { architecture: record.modelType }),
      ...some("datasets", datasetsOf(record)),
      ...some("languages", languagesOf(record)),
      ...(record.revision === null ? {} : { revision: record.revision }),
      ...accessOf(record),
    }
  })
  const unseen = [...new Set(ghosts.map(({ id }) => id))].map((id): AtlasNode => {
    const namedBy = [...new Set(ghosts.flatMap((ghost) => (ghost.id === id ? ghost.namedBy : [])))]
    return {
      id,
      family: numbers.get(id) ?? 0,
      ghost: true,
      ...(namedBy.length > 0 ? { namedBy } : {}),
      verdict: "unverified",
      declared: [],
      ...unreadAccess(around.unread.get(id)?.code),
    }
  })
  return { schema: "pedigree/atlas@1", nodes: [...models, ...unseen], edges, cost }
}

function ghostEdges(ghost: Ghost, records: readonly ModelRecord[]): AtlasEdge[] {
  return [...ghost.children.keys()].map((index) => {
    const { id: parent, relation, probability, share } = ghostParent(ghost, index)
    const { id: child, declared } = records[index] as ModelRecord
    return { parent, child, relation, probability, share, declared: declared.some(({ id }) => id === parent) }
  })
}

function accessOf({ disabled, private: hidden, gated }: ModelRecord): Pick<AtlasNode, "access"> {
  if (disabled) return { access: "disabled" }
  if (hidden) return { access: "private" }
  return gated ? { access: "gated" } : {}
}

/** Why a repository could not be read, where that is a state of it. */
function unreadAccess(code: ErrorCode | undefined): Pick<AtlasNode, "access"> {
  if (code === "gated" || code === "disabled") return { access: code }
  return code === "not-found" ? { access: "missing" } : {}
}

function some<Key extends string>(key: Key, values: readonly string[]): Partial<Record<Key, readonly string[]>> {
  return values.length === 0 ? {} : ({ [key]: values } as Partial<Record<Key, readonly string[]>>)
}
