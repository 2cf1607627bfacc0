import type { AtlasReport } from "../report"
import { EDGE_ATTRIBUTES, NODE_ATTRIBUTES } from "./attributes"
import { element } from "./xml"

/** The atlas as GEXF 1.3 (https://gexf.net), edges from parent to child, weighted by their share. */
export function toGexf({ nodes, edges }: AtlasReport): string {
  const declare = (kind: "node" | "edge", attributes: readonly { name: string; type: string }[]) =>
    element(
      "attributes",
      { class: kind },
      attributes.map(({ name, type }) => element("attribute", { id: name, title: name, type })),
    )
  const value = (name: string, content: string | number | boolean | undefined) =>
    content === undefined ? [] : [element("attvalue", { for: name, value: String(content) })]
  const lines = [
    '<graph defaultedgetype="directed" mode="static">',
    declare("node", NODE_ATTRIBUTES),
    declare("edge", EDGE_ATTRIBUTES),
    "<nodes>",
    ...nodes.map((node) => {
      const values = NODE_ATTRIBUTES.flatMap(({ name, of }) => value(name, of(node)))
      return element("node", { id: node.id, label: node.id }, [element("attvalues", {}, values)])
    }),
    "</nodes>",
    "<edges>",
    ...edges.map((edge, index) => {
      const values = EDGE_ATTRIBUTES.flatMap(({ name, of }) => value(name, of(edge)))
      return element("edge", { id: index, source: edge.parent, target: edge.child, weight: edge.share }, [element("attvalues", {}, values)])
    }),
    "</edges>",
    "</graph>",
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://gexf.net/1.3" version="1.3">\n${lines.join("\n")}\n</gexf>\n`
}
