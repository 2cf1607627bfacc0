import type { AtlasReport } from "../report"
import { EDGE_ATTRIBUTES, NODE_ATTRIBUTES } from "./attributes"
import { element, xml } from "./xml"

/** The atlas as GraphML 1.0 (http://graphml.graphdrawing.org/specification.html), edges from parent to child. */
export function toGraphml({ nodes, edges }: AtlasReport): string {
  const key = (kind: "node" | "edge") => (attribute: { name: string; type: string }) => {
    const type = attribute.type === "integer" ? "int" : attribute.type
    return element("key", { id: `${kind}-${attribute.name}`, for: kind, "attr.name": attribute.name, "attr.type": type })
  }
  const data = (kind: "node" | "edge", name: string, value: string | number | boolean | undefined) =>
    value === undefined ? [] : [element("data", { key: `${kind}-${name}` }, [xml(String(value))])]
  const lines = [
    ...NODE_ATTRIBUTES.map(key("node")),
    ...EDGE_ATTRIBUTES.map(key("edge")),
    '<graph id="atlas" edgedefault="directed">',
    ...nodes.map((node) =>
      element(
        "node",
        { id: node.id },
        NODE_ATTRIBUTES.flatMap(({ name, of }) => data("node", name, of(node))),
      ),
    ),
    ...edges.map((edge) =>
      element(
        "edge",
        { source: edge.parent, target: edge.child },
        EDGE_ATTRIBUTES.flatMap(({ name, of }) => data("edge", name, of(edge))),
      ),
    ),
    "</graph>",
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n${lines.join("\n")}\n</graphml>\n`
}
