import type { AtlasEdge, AtlasNode, AtlasReport } from "../report"

interface Component {
  readonly type: "machine-learning-model"
  readonly "bom-ref": string
  readonly group?: string
  readonly name: string
  /** The commit. */
  readonly version?: string
  readonly purl?: string
  readonly licenses?: readonly { readonly license: { readonly name: string } }[]
  readonly properties: readonly { readonly name: string; readonly value: string }[]
  readonly pedigree?: { readonly ancestors: readonly Component[]; readonly notes: string }
}

/**
 * The atlas as a CycloneDX 1.6 ML-BOM (https://cyclonedx.org/docs/1.6/json/): one component a model, whose direct parents stand in
 * its pedigree. The same atlas gives the same document, so it bears neither serial number nor time.
 */
export function toBom({ nodes, edges }: AtlasReport) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parentsOf = new Map<string, AtlasEdge[]>(nodes.map(({ id }) => [id, []]))
  for (const edge of edges) parentsOf.get(edge.child)?.push(edge)
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { tools: { components: [{ type: "application", name: "pedigree" }] } },
    components: nodes.map((node) => withPedigree(node, parentsOf.get(node.id) ?? [], byId)),
  }
}

function withPedigree(node: AtlasNode, parents: readonly AtlasEdge[], byId: ReadonlyMap<string, AtlasNode>): Component {
  const component = bare(node, node.id, [["pedigree:verdict", node.verdict]])
  if (parents.length === 0) return component
  const ancestors = parents.flatMap((edge) => {
    const parent = byId.get(edge.parent)
    return parent ? [bare(parent, `${edge.child} < ${edge.parent}`, edgeProperties(edge))] : []
  })
  return { ...component, pedigree: { ancestors, notes: "Inferred from the models' weights; probabilities are calibrated." } }
}

const edgeProperties = (edge: AtlasEdge): [string, string][] => [
  ["pedigree:relation", edge.relation],
  ["pedigree:probability", String(edge.probability)],
  ["pedigree:share", String(edge.share)],
  ["pedigree:declared", String(edge.declared)],
]

/** `reference` must be unique within the document. */
function bare(node: AtlasNode, reference: string, properties: readonly [string, string][]): Component {
  const [owner = "", name] = node.id.split("/")
  const commit = node.revision === undefined ? "" : `@${node.revision}`
  const isRepository = !node.ghost && name !== undefined
  return {
    type: "machine-learning-model",
    "bom-ref": reference,
    ...(isRepository
      ? { group: owner, name, purl: `pkg:huggingface/${encodeURIComponent(owner)}/${encodeURIComponent(name)}${commit}` }
      : { name: node.id }),
    ...(node.revision === undefined ? {} : { version: node.revision }),
    ...(node.license === undefined ? {} : { licenses: [{ license: { name: node.license } }] }),
    properties: [...properties, ["pedigree:ghost", String(node.ghost)] as const].map(([key, value]) => ({ name: key, value })),
  }
}
