import type { AtlasEdge } from "~src/app/report"
import { plain } from "~src/hub/ids"
import { list, part } from "../format"
import { code, locale, t } from "../i18n"
import { modelName } from "../wording"
import type { Colouring } from "./colouring"
import { namedOnce } from "./edge-path"
import type { TreeRow } from "./family-tree"
import { nameOf, ownerOf } from "./layout-types"
import type { ShownNode } from "./shown"
import { dateOf } from "./time"

/** Beside a line: the relation in few letters, `+` where the card does not name it, a merge's share. */
export function edgeLabel({ declared, relation, share, imported }: AtlasEdge): string {
  return `${imported ? "⇣ " : ""}${declared ? "" : "+ "}${withShare(t(`relation_label_${code(relation)}`), { relation, share })}`
}

/** A relation's word, with what a parent gave of a merge. */
const withShare = (word: string, { relation, share }: Pick<AtlasEdge, "relation" | "share">): string =>
  relation === "merge" && share < 1 ? `${word} ${part(share)}` : word

/** How a child was made of one parent, in words. */
export const madeBy = (edge: AtlasEdge): string => withShare(relationWord(edge.relation), edge)

/** The two lines of a card: owner, or what the mark's colour stands for, and name. */
export function cardLines(node: ShownNode, value: string | null): [small: string, large: string] {
  if (node.members)
    return [t(node.isOpen ? "atlas_group_small_open" : "atlas_group_small"), t("atlas_group", { count: node.members.length })]
  if (node.ghost) return [t(node.isNamed ? "atlas_named_small" : "atlas_ghost_small"), modelName(nameOf(node))]
  const owner = plain(ownerOf(node), 120)
  return [value === null ? owner : `${owner} · ${plain(value, 60)}`, plain(nameOf(node), 120)]
}

/** A colour's value in the person's language. */
export function valueWord(by: Colouring, value: string | null): string {
  if (value === null) return t(by === "relation" ? "atlas_root" : "atlas_unknown")
  if (by === "relation") return relationWord(value as AtlasEdge["relation"])
  if (by === "verdict") return t(`verdict_${value as ShownNode["verdict"]}`)
  return plain(value, 80)
}

const relationWord = (relation: AtlasEdge["relation"]): string => t(`relation_${code(relation)}`)

/** What a node is called in lists and titles. */
export const titleOf = (node: ShownNode): string =>
  node.members ? t("atlas_group", { count: node.members.length }) : modelName(node.id, 200)

/** What the drawing shows of a row by line, frame and mark, in words. */
export function rowWords({ node, edge, others }: TreeRow, current: string): string {
  const words = [
    edge && madeBy(edge),
    edge && t(edge.declared ? "atlas_documented" : "atlas_undocumented"),
    edge?.imported && t("atlas_imported"),
    others.length > 0 && t("atlas_other_parents", { names: list(others.map((id) => modelName(id, 200))) }),
    ...(node.members ? [t(node.isOpen ? "atlas_opened" : "atlas_closed")] : factsOf(node)),
    node.id === current && t("atlas_current"),
  ]
  return words.filter((word) => typeof word === "string").join(" · ")
}

/** A model's facts, each a few words. */
export function factsOf(node: ShownNode): string[] {
  const date = dateOf(node)
  const words = [
    node.ghost ? ghostWord(node) : t(`verdict_${node.verdict}`),
    node.namedBy && t("atlas_named_by", { names: list(node.namedBy.slice(0, 6).map((id) => plain(id, 120))) }),
    node.access && t(`atlas_access_${node.access}`),
    node.license && plain(node.license, 60),
    node.task && plain(node.task, 60),
    date !== null && day(date),
    node.downloads && t("atlas_downloads", { count: node.downloads }),
    namedOnce(node).includes(node.id) && t("atlas_names_itself"),
  ]
  return words.filter((word) => typeof word === "string")
}

/** A date as people read it. */
export const day = (time: number): string => new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: "UTC" }).format(time)

const ghostWord = ({ isNamed }: ShownNode): string => t(isNamed ? "atlas_named" : "atlas_ghost")
