import { list, percent } from "../format"
import { t } from "../i18n"
import { modelName } from "../wording"
import { namedOnce } from "./edge-path"
import { lineOf } from "./selection"
import type { ShownAtlas, ShownNode } from "./shown"
import { factsOf, madeBy, titleOf } from "./words"

/** Parents, path and names shown in full; a merge of more is told by their number. */
const MOST = 6

/** What the drawing knows of one model, for the card beside it. */
export function Details({ node, shown: { nodes, edges } }: { node: ShownNode; shown: ShownAtlas }) {
  const parents = edges.filter(({ child }) => child === node.id)
  const line = lineOf(edges, node.id)
  const inferred = new Set(parents.map(({ parent }) => parent))
  const known = new Map(nodes.map((one) => [one.id, one]))
  const onlyNamed = namedOnce(node).filter((id) => !inferred.has(id) && id !== node.id)
  const names = (ids: readonly string[]) => list(ids.slice(0, MOST).map((id) => modelName(id)))
  return (
    <>
      <p className="strong">
        <bdi dir="auto">{titleOf(node)}</bdi>
      </p>
      <p>{node.members ? t(node.isOpen ? "atlas_close_group" : "atlas_open_group") : factsOf(node).join(" · ")}</p>
      {node.members && (
        <p>
          {names(node.members)}
          {node.members.length > MOST && " …"}
        </p>
      )}
      {parents.slice(0, MOST).map((edge) => (
        <p key={edge.parent}>
          {t("atlas_from", {
            relation: madeBy(edge),
            parent: modelName(edge.parent),
            sure: percent(edge.probability),
            card: t(edge.declared ? "atlas_documented" : "atlas_undocumented"),
          })}
          {edge.imported && ` · ${t("atlas_imported")}`}
        </p>
      ))}
      {onlyNamed.length > 0 && <p>{t("atlas_only_named", { names: names(onlyNamed) })}</p>}
      {line.length > 2 && (
        <p className="quiet">
          {t("atlas_path")} <bdi>{shortened(line.map((id) => titleOf(known.get(id) ?? node))).join(" → ")}</bdi>
        </p>
      )}
    </>
  )
}

/** A long line of descent by its ends. */
const shortened = (names: readonly string[]) => (names.length <= 2 * MOST ? names : [...names.slice(0, MOST), "…", ...names.slice(-MOST)])
