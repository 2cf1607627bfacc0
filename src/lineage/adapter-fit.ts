import { slabKey } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import { matrixShape } from "~src/formats/container"

/** How an adapter's matrices sit on a base. */
export interface AdapterFit {
  /** Matrices that the base has in the right shape, of those that could be looked for. */
  readonly fitting: number
  readonly checked: number
  /** The first that does not fit, in words; null when all do. */
  readonly misfit: string | null
  /** False where the base goes on with such layers beyond the last that the adapter changes. */
  readonly sameDepth: boolean
  /** False where the base calls the modules otherwise (`attention.self.query`, not `self_attn.q_proj`). */
  readonly sameNames: boolean
}

/** Headers read of one model at most: beyond, tensors may exist that the fingerprint doesn't list. */
const LISTED_WHOLE = 16

/**
 * Whether an adapter can be put on a base, by places and shapes alone. Parts of a pipeline that the base's repository keeps in
 * other folders (text encoders) and tensors in shards that were not opened are not counted.
 * @param adapter must have `facts.adapter`
 */
export function fitAdapter(adapter: Fingerprint, base: Fingerprint): AdapterFit {
  const inBase = new Map(base.tensors.map((tensor) => [slabKey(tensor), { ...matrixShape(tensor.shape), name: tensor.name }]))
  const modules = new Map(adapter.tensors.map((tensor) => [slabKey(tensor), tensor.name]))
  const roles = new Map<string, number>()
  for (const { role, layer } of base.tensors) roles.set(role, Math.max(roles.get(role) ?? -1, layer ?? -1))
  const hasEncoders = base.tensors.some(({ role }) => isEncoder(role))
  const partly = base.files.length > LISTED_WHOLE
  const reached = new Map<string, number>()
  let [fitting, checked, renamed] = [0, 0, 0]
  let misfit: string | null = null
  for (const target of adapter.facts.adapter?.targets ?? []) {
    if (isEncoder(target.role) && !hasEncoders) continue
    const found = inBase.get(slabKey(target))
    if (!found && partly && roles.has(target.role)) continue
    checked++
    reached.set(target.role, Math.max(reached.get(target.role) ?? -1, target.layer ?? -1))
    const module = modules.get(slabKey({ ...target, role: `${target.role}.lora_a` }))
    if (found && module !== undefined && insideLayer(found.name) !== insideLayer(module)) renamed++
    if (found && found.rows === target.shape[0] && found.cols === target.shape[1]) fitting++
    else misfit ??= describe(target, found)
  }
  const sameDepth = partly || [...reached].some(([role, layer]) => layer >= (roles.get(role) ?? -1)) || reached.size === 0
  return { fitting, checked, misfit: misfit ?? misplacedWhole(adapter, inBase), sameDepth, sameNames: 2 * renamed <= checked }
}

/** The part of a name behind its last number: which module of a layer it is. */
function insideLayer(name: string): string {
  return name.replace(/(\.lora_A)?\.weight$/, "").replace(/^.*\.\d+\./, "")
}

function isEncoder(role: string): boolean {
  return /^text_encoder(_\d)?\./.test(role)
}

function describe(
  { role, layer, shape }: { readonly role: string; readonly layer: number | null; readonly shape: readonly [number, number] },
  found: { readonly rows: number; readonly cols: number } | undefined,
): string {
  const where = layer === null ? role : `${role} of layer ${layer}`
  return found
    ? `${where} is ${found.rows} by ${found.cols} there, the adapter changes one of ${shape[0]} by ${shape[1]}`
    : `${where}, which the adapter changes, is not there`
}

/** Embeddings and heads that an adapter carries whole may have more rows than the base's (added tokens), never another width. */
function misplacedWhole(
  adapter: Fingerprint,
  inBase: ReadonlyMap<string, { readonly rows: number; readonly cols: number }>,
): string | null {
  for (const tensor of adapter.tensors) {
    if (!/^(embed|lm_head)$/.test(tensor.role)) continue
    const [own, other] = [matrixShape(tensor.shape), inBase.get(slabKey(tensor))]
    if (other && own.cols !== other.cols) return `${tensor.role} is ${other.cols} wide there, the adapter's own is ${own.cols}`
  }
  return null
}
