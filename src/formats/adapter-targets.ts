import type { AdapterConfig } from "./adapter-config"
import type { AdapterName } from "./adapter-names"
import type { AdapterTarget, TensorSource } from "./container"
import { canonicalNames } from "./names"

/** One matrix that the adapter changes, by its path in the base. */
export interface Target {
  readonly module: string
  readonly shape: readonly [number, number]
  readonly rank: number
}

interface Part {
  readonly source: TensorSource
  readonly adapted: AdapterName
}

/** An adapter's tensors, each with what it is; null for whole tensors that the adapter carries. */
export type Known = readonly { readonly source: TensorSource; readonly adapted: AdapterName | null }[]
/** What there is for each changed module. */
export type Modules = ReadonlyMap<string, readonly Part[]>

export function byModule(known: Known): Modules {
  const modules = new Map<string, Part[]>()
  for (const { source, adapted } of known) {
    if (adapted === null) continue
    const parts = modules.get(adapted.module)
    if (parts) parts.push({ source, adapted })
    else modules.set(adapted.module, [{ source, adapted }])
  }
  return modules
}

/**
 * The matrices that an adapter's factors change, with the shape that each must have in the base.
 * @returns also how many modules have factors that say no shape
 */
export function findTargets(modules: Modules, config: AdapterConfig | null): { targets: Target[]; unclear: number } {
  const targets: Target[] = []
  let unclear = 0
  // `experts.gate_up_proj` is a parameter of the module `experts`.
  const stacked = (config?.parameters ?? []).map((path) => `.${path.slice(0, Math.max(0, path.lastIndexOf(".")))}`)
  for (const [module, parts] of modules) {
    const part = (wanted: string) => parts.find(({ adapted }) => adapted.part === wanted)
    const factors = [part("down"), part("up")] as const
    const embedded = [part("embedding-down"), part("embedding-up")] as const
    const found = embedded[0] && embedded[1] ? embedding(embedded[0].source, embedded[1].source) : linear(...factors, part("mid"))
    if (found === null || stacked.some((path) => `.${module}`.endsWith(path))) unclear += factors[0] ? 1 : 0
    else {
      const [rows, cols] = found.shape
      targets.push({ module, rank: found.rank, shape: config?.inputsFirst && !embedded[0] ? [cols, rows] : [rows, cols] })
    }
  }
  return { targets, unclear }
}

type Shape = Omit<Target, "module">

/** W [out, in] += B [out, r] A [r, in]; convolutions have their kernel in A, or in a third factor between the two. */
function linear(down: Part | undefined, up: Part | undefined, mid: Part | undefined): Shape | null {
  if (!down || !up) return null
  const sides = ({ source, adapted }: Part) => (adapted.transposed ? [...source.shape].reverse() : source.shape)
  const [rank, ...ins] = sides(down)
  const [out, inner] = sides(up)
  if (rank === undefined || out === undefined || inner !== rank || rank === 0 || ins.length === 0) return null
  return safe(out, [...ins, ...(mid?.source.shape.slice(2) ?? [])], rank)
}

/** W [tokens, width] += (B [width, r] A [r, tokens])^T */
function embedding(down: TensorSource, up: TensorSource): Shape | null {
  const [rank, tokens] = down.shape
  const [width, inner] = up.shape
  return rank === undefined || tokens === undefined || width === undefined || inner !== rank ? null : safe(tokens, [width], rank)
}

function safe(rows: number, sides: readonly number[], rank: number): Shape | null {
  const cols = sides.reduce((product, side) => product * side, 1)
  return Number.isSafeInteger(rows * cols) ? { shape: [rows, cols], rank } : null
}

/**
 * The targets by the canonical places that they have in the base.
 * @param alpha what holds where a module has none of its own
 * @param unscaled true where a file without configuration has no alpha anywhere, which means no factor
 */
export function placed(targets: readonly Target[], alpha: number | null, unscaled: boolean, config: AdapterConfig | null): AdapterTarget[] {
  const places = canonicalNames(targets.map(({ module }) => `${module}.weight`))
  const replicated = config?.replication?.flatMap(([from, to]) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i))
  return targets.map(({ module, shape, rank }) => {
    const { role, layer } = places.get(`${module}.weight`) as { role: string; layer: number | null }
    const own = config === null ? alpha : alphaOf(module, alpha, config)
    const scaling = own === null ? (config === null && unscaled ? 1 : null) : own / (config?.rankStabilised ? Math.sqrt(rank) : rank)
    return { role, layer: layer === null ? null : (replicated?.[layer] ?? layer), shape, rank, scaling }
  })
}

/** Null where an expression that isn't run could mean the module. */
function alphaOf(module: string, usual: number | null, { alphas }: AdapterConfig): number | null {
  let unclear = false
  for (const [end, alpha] of alphas) {
    if (`.${module}`.endsWith(`.${end}`)) return alpha
    unclear ||= !/^[\w.]+$/.test(end)
  }
  return unclear ? null : usual
}
