import { toFailure } from "~src/core/errors"
import { slabKey } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import type { Container, Span } from "~src/formats/container"
import { openContainer } from "~src/formats/open"
import type { Call } from "~src/hub/types"
import { comparePairs } from "~src/lineage/pair"
import type { TensorEvidence } from "~src/lineage/types"
import { gather, loadFiles } from "./gather"
import type { Engine } from "./inspect-types"
import type { FileFact, LineageReport, Parent } from "./report"

/** One tensor of a claim: where its bytes lie on both sides, and what they gave. */
export interface ClaimTensor {
  /** The tensor's name in each model. */
  readonly name: { readonly model: string; readonly parent: string }
  readonly shape: readonly number[]
  /** The block compared, [from, to) of the tensor as a matrix. */
  readonly rows: readonly [from: number, to: number]
  readonly columns: readonly [from: number, to: number]
  /** Bytes [begin, end) of a file that hold the block; null where the headers could not be read again. */
  readonly bytes: { readonly model: readonly Span[] | null; readonly parent: readonly Span[] | null }
  /** Rows matched to themselves by the best assignment on cosines, and the natural logarithm of its p-value; null for vectors. */
  readonly rowMatch: { readonly tested: number; readonly matched: number; readonly logP: number } | null
  readonly cosine: number
  /** ||model - parent|| / ||parent||. */
  readonly relativeUpdate: number
  /** Share of exactly equal elements. */
  readonly equal: number
}

/** A claim that somebody else can check: what was read, byte for byte, and the numbers that it gave. */
export interface Claim {
  readonly schema: "pedigree/claim@1"
  readonly engine: string
  readonly endpoint: string
  readonly model: { readonly id: string; readonly commit: string; readonly files: readonly FileFact[] }
  readonly verdict: LineageReport["verdict"]
  readonly reason: string
  readonly declared: LineageReport["declared"]
  readonly parents: readonly ClaimParent[]
  readonly control: LineageReport["control"]
  readonly compared: LineageReport["compared"]
  readonly notCompared: LineageReport["notCompared"]
}

export interface ClaimParent
  extends Pick<Parent, "id" | "readThrough" | "ghost" | "relation" | "hubRelation" | "probability" | "share" | "direction" | "evidence"> {
  readonly commit: string | null
  readonly files: readonly FileFact[]
  /** All tensors together; null where no rows were compared (an adapter, a ghost, a model that is gone). */
  readonly rowMatch: { readonly matched: number; readonly logP: number; readonly related: number } | null
  readonly tensors: readonly ClaimTensor[]
  /** Why there are no tensors, where there are none. */
  readonly missing?: string
}

export interface ClaimOptions {
  readonly call: Call
  /** The budget that the report was made with. */
  readonly budget: number
}

/**
 * The claim behind a report. Fingerprints come from the store; headers are read again for the places of bytes.
 * @throws PedigreeError when the model itself cannot be read any more; AbortError when the call is stopped
 */
export async function claimOf(engine: Engine, report: LineageReport, options: ClaimOptions): Promise<Claim> {
  const own = await readSide(engine, report.model, report.revision, options)
  const parents = await Promise.all(report.parents.map((parent) => claimParent(engine, own, parent, options)))
  const { verdict, reason, declared, control, compared, notCompared } = report
  return {
    schema: "pedigree/claim@1",
    engine: report.engine,
    endpoint: engine.hub.endpoint,
    model: { id: report.model, commit: report.revision, files: own.fingerprint.files },
    ...{ verdict, reason, declared, parents, control, compared, notCompared },
  }
}

interface Side {
  readonly fingerprint: Fingerprint
  /** Null when the headers could not be read again. */
  readonly container: Container | null
}

async function readSide(engine: Engine, id: string, revision: string, { call, budget }: ClaimOptions): Promise<Side> {
  const record = await engine.hub.model(id, revision, call)
  const ref = { id: record.id, revision }
  const { member } = await gather(engine, { ...record, revision }, { budget, time: true }, call)
  const files = await loadFiles(engine, ref, call)
  const container = await openContainer(engine.hub, ref, files, { wholeBytes: 0, call }).catch(() => null)
  call.signal.throwIfAborted()
  return { fingerprint: member.fingerprint, container }
}

async function claimParent(engine: Engine, own: Side, parent: Parent, options: ClaimOptions): Promise<ClaimParent> {
  const { id, ghost, relation, hubRelation, probability, share, direction, evidence } = parent
  const through = parent.readThrough ? { readThrough: parent.readThrough } : {}
  const said = { id, commit: parent.revision, ...through, ghost, relation, hubRelation, probability, share, direction, evidence }
  const nothing = { files: parent.files ?? [], rowMatch: null, tensors: [] }
  const read = parent.readThrough ?? { id, revision: parent.revision }
  if (ghost || read.revision === null) return { ...said, ...nothing, missing: "It was not read." }
  try {
    const side = await readSide(engine, read.id, read.revision, options)
    const [pair] = await comparePairs([[side.fingerprint, own.fingerprint]], engine.statistics, options.call.signal)
    const tensors = (pair?.tensors ?? []).flatMap((tensor) => claimTensor(own, side, tensor))
    const rowMatch = pair && tensors.length > 0 ? { matched: pair.matched, logP: pair.logP, related: pair.related } : null
    const missing = tensors.length > 0 ? {} : { missing: "The two have no rows of one tensor in common." }
    return { ...said, files: side.fingerprint.files, rowMatch, tensors, ...missing }
  } catch (error) {
    options.call.signal.throwIfAborted()
    return { ...said, ...nothing, missing: toFailure(error).message }
  }
}

function claimTensor(own: Side, parent: Side, tensor: TensorEvidence): ClaimTensor[] {
  const find = ({ fingerprint }: Side) => fingerprint.slabs.find((slab) => slabKey(slab) === slabKey(tensor))
  const [mine, theirs] = [find(own), find(parent)]
  if (!mine || !theirs) return []
  const [row, column] = [Math.max(mine.row0, theirs.row0), Math.max(mine.col0, theirs.col0)]
  const block: Block = { rows: [row, row + tensor.rows], columns: [column, column + tensor.cols] }
  const { tested, matched, logP, squareA, squareB, dot, squareDelta, equal } = tensor
  return [
    {
      name: { model: mine.name, parent: theirs.name },
      shape: mine.shape,
      ...block,
      bytes: { model: bytesOf(own, mine, block), parent: bytesOf(parent, theirs, block) },
      rowMatch: tensor.kind === "matrix" ? { tested, matched, logP } : null,
      cosine: dot / Math.sqrt(squareA * squareB || 1),
      relativeUpdate: Math.sqrt(squareDelta / (squareA || 1)),
      equal: equal / Math.max(1, tensor.rows * tensor.cols),
    },
  ]
}

type Block = Pick<ClaimTensor, "rows" | "columns">

function bytesOf({ container }: Side, slab: Slab, { rows, columns }: Block): readonly Span[] | null {
  const tensor = container?.tensors.find(({ name }) => name === slab.name)
  if (!container || !tensor) return null
  // A vector is one row, and one line of its file.
  const [from, to] = tensor.along === "rows" ? rows : columns
  return container.spans(tensor, from, to)
}
