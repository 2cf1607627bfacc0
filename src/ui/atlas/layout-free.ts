import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationNodeDatum } from "d3"
import { boundsOf, CARD, FEW, type Layout, markRadius } from "./layout-types"
import { ranked } from "./rank"
import type { ShownAtlas, ShownNode } from "./shown"

interface Body extends SimulationNodeDatum {
  readonly node: ShownNode
  readonly radius: number
}

/** Steps until a new drawing comes to rest; large ones get fewer, each being longer. */
const STEPS = 240
const STEPS_LARGE = 120
const LARGE = 1500
/** Room for the longest name, in px. */
const NAME = 165

/**
 * Marks alone, relatives drawn together and all others apart: for neighbourhoods too large for cards. Distances mean nothing.
 * The simulation starts from fixed places and random numbers, so that the same family gives the same drawing. Where `before` is
 * given, its marks stay and new ones settle among them.
 */
export function layoutFree(shown: ShownAtlas, before: Layout | null = null): Layout {
  const { nodes } = shown
  const { edges } = ranked(nodes, shown.edges)
  const old = new Map(before?.nodes.map((placed) => [placed.node.id, placed]))
  const bodies = nodes.map((node): Body => {
    const radius = markRadius(node)
    const kept = old.get(node.id)
    return { node, radius, ...(kept ? { fx: kept.x + radius, fy: kept.y + radius } : {}) }
  })
  const parentOf = new Map(edges.map(({ child, parent }) => [child, old.get(parent)]))
  for (const [index, body] of bodies.entries()) {
    const near = parentOf.get(body.node.id)
    // Beside the parent, in a direction of its own: two bodies in one place would be pushed apart at random.
    if (near && body.fx === undefined) Object.assign(body, { x: near.x + 20 * Math.cos(index), y: near.y + 20 * Math.sin(index) })
  }
  // Small families have room for a name beside each mark.
  const spread = nodes.length <= FEW ? 2.5 : 1
  forceSimulation(bodies)
    .force(
      "charge",
      forceManyBody()
        .strength(-60 * spread ** 2)
        .distanceMax(600 * spread)
        .theta(1.1),
    )
    .force(
      "link",
      forceLink<Body, { source: string; target: string }>(edges.map(toLink))
        .id(({ node }) => node.id)
        .distance(34 * spread),
    )
    .force("x", forceX(0).strength(0.03))
    .force("y", forceY(0).strength(0.04))
    .force(
      "collide",
      forceCollide<Body>(({ radius }) => radius + 2),
    )
    .stop()
    .tick(bodies.length > LARGE ? STEPS_LARGE : STEPS)
  const [left, top] = before
    ? [0, 0]
    : [Math.min(0, ...bodies.map(({ x = 0, radius }) => x - radius)), Math.min(0, ...bodies.map(({ y = 0, radius }) => y - radius))]
  const placed = bodies.map(({ node, radius, x = 0, y = 0 }) => ({
    node,
    x: Math.round(x - radius - left) + (before ? 0 : CARD.margin),
    y: Math.round(y - radius - top) + (before ? 0 : CARD.margin),
  }))
  const middle = new Map(placed.map(({ node, x, y }) => [node.id, [x + markRadius(node), y + markRadius(node)] as const]))
  return {
    axis: "free",
    nodes: placed,
    edges: edges.map((edge) => ({ edge, points: [middle.get(edge.parent) ?? [0, 0], middle.get(edge.child) ?? [0, 0]] })),
    cardWidth: 0,
    ...boundsOf(placed.map(({ node, x, y }) => [x, y, 2 * markRadius(node) + (spread > 1 ? NAME : 0), 2 * markRadius(node)])),
    ticks: [],
  }
}

const toLink = ({ parent, child }: { parent: string; child: string }) => ({ source: parent, target: child })
