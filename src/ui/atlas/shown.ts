import type { AtlasEdge, AtlasNode, AtlasReport } from "~src/app/report"
import { modelUrl } from "../links"

/** What is drawn as one card: a model, or a group of alike children of one parent. */
export interface ShownNode extends AtlasNode {
  /** The models of a group, which stands for them while it is closed. */
  readonly members?: readonly string[]
  /** An open group's card stays beside its members, to close it again. */
  readonly isOpen?: boolean
  /** Only a card names it: it is no part of the atlas, and drawn so that the card's word has an end. */
  readonly isNamed?: boolean
}

/** The family as it is drawn: big fans of children gathered into groups. */
export interface ShownAtlas {
  readonly nodes: readonly ShownNode[]
  readonly edges: readonly AtlasEdge[]
  /** Every group there is, closed or open. */
  readonly groups: readonly string[]
}

/** So many names of cards are drawn, at most. */
const MOST_NAMED = 40

/** The family with the base models that its cards name and that could not be read or are not related: gated, gone, wrongly named. */
export function withNamed({ nodes, edges }: Pick<AtlasReport, "nodes" | "edges">): Pick<ShownAtlas, "nodes" | "edges"> {
  const known = new Set(nodes.map(({ id }) => id.toLowerCase()))
  const named: ShownNode[] = []
  for (const { declared, family } of nodes) {
    for (const { id } of declared ?? []) {
      if (known.has(id.toLowerCase()) || named.length === MOST_NAMED || modelUrl(id) === null) continue
      known.add(id.toLowerCase())
      named.push({ id, family, ghost: true, verdict: "unverified", declared: [], isNamed: true })
    }
  }
  return { nodes: [...nodes, ...named], edges }
}

/** So many childless children of one parent, made in the same way, are drawn as one. */
const FAN = 9

/** No id of a model or ghost has a space, so that a group can never take a model's place. */
const groupId = ({ parent, relation, declared }: AtlasEdge): string => `group ${parent} ${relation} ${declared}`

/** Gathers the big fans into groups, closed but for those in `open`; `kept` is never hidden in a group. */
export function gatherFans({ nodes, edges }: Pick<ShownAtlas, "nodes" | "edges">, open: ReadonlySet<string>, kept: string): ShownAtlas {
  const known = new Map(nodes.map((node) => [node.id, node]))
  const entering = new Map<string, number>()
  const parents = new Set<string>()
  for (const { parent, child } of edges) {
    parents.add(parent)
    entering.set(child, (entering.get(child) ?? 0) + 1)
  }
  const fans = new Map<string, AtlasEdge[]>()
  for (const edge of edges) {
    const { child, parent } = edge
    if (child === kept || child === parent || !known.has(parent) || known.get(child)?.ghost !== false) continue
    if (parents.has(child) || entering.get(child) !== 1) continue
    const fan = fans.get(groupId(edge))
    if (fan) fan.push(edge)
    else fans.set(groupId(edge), [edge])
  }
  const big = [...fans].filter(([, fan]) => fan.length >= FAN)
  const hidden = new Set(big.flatMap(([id, fan]) => (open.has(id) ? [] : fan.map(({ child }) => child))))
  return {
    nodes: [...nodes.filter(({ id }) => !hidden.has(id)), ...big.map(([id, fan]) => groupNode(id, fan, known, open.has(id)))],
    edges: [...edges.filter(({ child }) => !hidden.has(child)), ...big.map(([id, fan]) => groupEdge(id, fan))],
    groups: big.map(([id]) => id),
  }
}

function groupNode(id: string, fan: readonly AtlasEdge[], known: ReadonlyMap<string, ShownNode>, isOpen: boolean): ShownNode {
  const members = fan.map(({ child }) => known.get(child) as ShownNode)
  const dates = members.flatMap(({ createdAt }) => createdAt ?? []).sort()
  return {
    id,
    family: members[0]?.family ?? 0,
    ghost: false,
    verdict: members[0]?.verdict ?? "unverified",
    declared: [],
    downloads: members.reduce((sum, { downloads }) => sum + (downloads ?? 0), 0),
    ...(dates[0] === undefined ? {} : { createdAt: dates[0] }),
    ...agreed("license", members),
    ...agreed("task", members),
    members: members.map((member) => member.id).sort(),
    isOpen,
  }
}

/** An attribute that all members have alike. */
function agreed(key: "license" | "task", members: readonly AtlasNode[]): Partial<Pick<AtlasNode, "license" | "task">> {
  const value = members[0]?.[key]
  return value !== undefined && members.every((member) => member[key] === value) ? { [key]: value } : {}
}

function groupEdge(id: string, fan: readonly AtlasEdge[]): AtlasEdge {
  const first = fan[0] as AtlasEdge
  return { ...first, child: id, probability: Math.min(...fan.map(({ probability }) => probability)) }
}
