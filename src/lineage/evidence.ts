import type { Evidence, Relation } from "~src/core/words"
import { mergeEvidence } from "./merge-words"
import { percent } from "./percent"
import { describeUpdate, type Update } from "./relation"
import type { Alignment, FamilyEdge, Member, PairEvidence, ReadThrough } from "./types"
import { storedWeights } from "./weights"

/** Smallest p-value written as a number; float64 ends near 1e-308. */
const pValue = (logP: number) => Math.max(1e-300, Math.exp(logP))

/** The row-match test as one piece of evidence. */
export function rowMatchEvidence(pair: PairEvidence, other: string): Evidence {
  const tested = pair.tensors.filter((tensor) => tensor.tested > 0)
  const rows = tested.reduce((sum, tensor) => sum + tensor.tested, 0)
  const matched = tested.reduce((sum, tensor) => sum + tensor.matched, 0)
  const text =
    rows === 0
      ? `No tensor of ${other} had enough rows in common for the row-match test.`
      : `${matched} of ${rows} sampled rows in ${tested.length} tensors match the same rows of ${other} best; unrelated weights match about ${tested.length}.`
  return {
    kind: "row-match",
    value: rows === 0 ? null : matched / rows,
    p: pValue(pair.logP),
    says: pair.related >= 0.5 ? "for" : "against",
    text,
    worded:
      rows === 0
        ? { as: "rows_none", values: { name: other } }
        : { as: "rows", values: { matched, rows, tensors: tested.length, name: other } },
  }
}

/** What an answer rests on that was read from a copy: neither for nor against, but to be known. */
export function copyEvidence(name: string, { id, source }: ReadThrough): Evidence {
  return {
    kind: "open-copy",
    value: null,
    says: "neutral",
    text: `${name} cannot be read here; its open copy ${id} was read in its place. That both hold the same weights is taken from ${source} and was not measured.`,
    worded: { as: "open_copy", values: { name, copy: id, source } },
  }
}

const ALIGNED: Readonly<Record<Alignment, (name: string) => string>> = {
  reordered: (name) =>
    `Its rows or columns stand in another order than ${name}'s: they were brought into one order by their likeness before they were compared, and the p-value is that of a test which no order changes.`,
  rotated: (name) =>
    `Its residual stream is turned against ${name}'s: lengths and angles of rows were compared, which a rotation leaves alone, and the p-value is that of a test on them.`,
  layers: () =>
    "Layers of one are missing in the other: each was compared with the one it matches best, and the p-value is corrected for the number of pairs of layers tried.",
}

/** Everything that speaks for or against one edge, strongest first. */
export function edgeEvidence(
  edge: FamilyEdge,
  parent: Member,
  child: Member,
  pair: PairEvidence,
  relation: Relation,
  sameFiles: boolean,
): Evidence[] {
  const update = describeUpdate(pair)
  const list: Evidence[] = []
  if (sameFiles)
    list.push({
      kind: "oid",
      value: 1,
      says: "for",
      text: "The weight files have the same content address (sha256): byte for byte the same.",
      worded: { as: "same_files", values: {} },
    })
  list.push(rowMatchEvidence(pair, parent.id))
  if (pair.alignment)
    list.push({
      kind: "alignment",
      value: null,
      says: "neutral",
      text: ALIGNED[pair.alignment](parent.id),
      worded: { as: pair.alignment, values: { name: parent.id } },
    })
  if (relation === "copy")
    list.push({
      kind: "equal-elements",
      value: update.equal,
      says: "for",
      text: "Every sampled element has the same bits.",
      worded: { as: "same_bits", values: {} },
    })
  else if (relation === "precision") {
    const exact = pair.tensors.every(({ squareDelta }) => squareDelta === 0)
    list.push({
      kind: "rounding",
      value: 1,
      says: "for",
      text: `Every sampled element is ${parent.id}'s, ${exact ? "stored as" : "rounded to"} ${dtypes(child)}.`,
      worded: { as: exact ? "stored_as" : "rounded_to", values: { name: parent.id, dtypes: dtypes(child) } },
    })
  } else list.push(...updateEvidence(update))
  if (edge.outside !== undefined)
    list.push({
      kind: "rounding",
      value: 1 - edge.outside,
      says: "for",
      text: `${percent(1 - edge.outside)} of the packed elements are what ${parent.id}'s weights round to (${storedWeights(child.fingerprint).text}); no other relative fits better.`,
      worded: { as: "packed", values: { share: 1 - edge.outside, name: parent.id } },
    })
  if (edge.fit) list.push(mergeEvidence(edge.fit, edge.share, parent.id))
  if (relation === "lora-merged" && update.rank !== null)
    list.push({
      kind: "delta-rank",
      value: update.rank,
      says: "for",
      text: `The update has rank ${update.rank} in every matrix it touches (${update.changedRoles.join(", ")}) and leaves norms and biases alone: a merged adapter.`,
      worded: { as: "rank", values: { rank: update.rank, roles: update.changedRoles.join(", ") } },
    })
  list.push(...directionEvidence(edge, parent, child))
  return list
}

function updateEvidence(update: Update): Evidence[] {
  const list: Evidence[] = [
    {
      kind: "relative-update",
      value: update.relative,
      says: "for",
      text: `The typical matrix differs by ${percent(update.relative)} of its size; unrelated ones differ by about 140 %.`,
      worded: { as: "differs", values: { share: update.relative, unrelated: 1.4 } },
    },
  ]
  if (update.equal > 0.02)
    list.push({
      kind: "equal-elements",
      value: update.equal,
      says: "for",
      text: `${percent(update.equal)} of the sampled elements are exactly equal.`,
      worded: { as: "equal", values: { share: update.equal } },
    })
  return list
}

function directionEvidence(edge: FamilyEdge, parent: Member, child: Member): Evidence[] {
  const list: Evidence[] = []
  const [before, after] = [parent.facts.createdAt, child.facts.createdAt]
  if (before !== null && after !== null && before !== after)
    list.push({
      kind: "date",
      value: (after - before) / 86_400_000,
      says: after > before ? "for" : "against",
      text: `${parent.id} was created ${days(Math.abs(after - before))} ${after > before ? "earlier" : "later"}.`,
      worded: { as: after > before ? "earlier" : "later", values: { name: parent.id, span: Math.abs(after - before) } },
    })
  if (edge.basis.includes("geometry"))
    list.push({
      kind: "geometry",
      value: edge.direction,
      says: "for",
      text:
        edge.kind === "merge"
          ? "This model lies between its parents, where only a merge lies."
          : `Seen from this model, most relatives lie on the side of ${parent.id}.`,
      worded: edge.kind === "merge" ? { as: "between", values: {} } : { as: "side", values: { name: parent.id } },
    })
  if (child.facts.namedOrigin === parent.id)
    list.push(named("file-hint", "for", `The model's files name ${parent.id} as its origin.`, "files", parent.id))
  if (child.facts.declared.includes(parent.id)) list.push(named("card", "for", `The card names ${parent.id}.`, "card", parent.id))
  if (parent.facts.declared.includes(child.id))
    list.push(named("card", "against", `The card of ${parent.id} names this model as its parent.`, "card_reverse", parent.id))
  return list
}

const named = (kind: string, says: Evidence["says"], text: string, as: string, name: string): Evidence => ({
  kind,
  value: null,
  says,
  text,
  worded: { as, values: { name } },
})

function days(milliseconds: number): string {
  const count = milliseconds / 86_400_000
  if (count < 1) return `${Math.max(1, Math.round(milliseconds / 3_600_000))} h`
  if (Math.round(count) === 1) return "a day"
  return count < 60 ? `${Math.round(count)} days` : `${Math.round(count / 30.4)} months`
}

function dtypes(member: Member): string {
  return [...new Set(member.fingerprint.slabs.map((slab) => slab.dtype))].join(" and ")
}

/**
 * The negative control shown beside a claim: the unrelated model that came nearest, or, without one, what chance would give.
 */
export function negativeControl(unrelated: readonly { readonly id: string; readonly pair: PairEvidence }[]): Evidence {
  const nearest = [...unrelated].sort((a, b) => b.pair.matched - a.pair.matched)[0]
  if (nearest)
    return {
      kind: "negative-control",
      value: nearest.pair.matched,
      says: "neutral",
      text: `${nearest.id}, of the same shape but unrelated, matches ${percent(nearest.pair.matched, 0)} of the rows.`,
      worded: { as: "control", values: { name: nearest.id, share: nearest.pair.matched } },
    }
  return {
    kind: "negative-control",
    value: 1 / 16,
    says: "neutral",
    text: "Of 16 rows, chance matches about one (6 %).",
    worded: { as: "control_chance", values: { rows: 16, share: 1 / 16 } },
  }
}
