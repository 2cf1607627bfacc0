import type { RepoFile, RepoReader, RepoRef } from "~src/hub/types"
import type { OpenedFiles, SkippedTensor, TensorSource } from "../container"
import { canonicalNames } from "../names"
import { rotate } from "../rotation"
import type { OpenOptions, RawTensor, RawWeights } from "../safetensors"
import { bits4, int8 } from "./bitsandbytes"
import { packQuantized } from "./compressed"
import { parseQuantConfig, readQuantConfig } from "./config"
import { describePacking } from "./facts"
import { gptqOrAwq } from "./gptq"
import { hqq } from "./hqq"
import { mlx } from "./mlx"
import type { PackedModule, PackedScheme, Sample } from "./module"
import { readSamples } from "./samples"
import { scaled } from "./scaled"

/** Element types that packed values are kept in. */
const CODES: ReadonlySet<string> = new Set(["F8_E4M3", "F8_E5M2", "I8", "U8", "I32", "U32"])

/** A packed matrix that is recognised and not read. */
function unread(what: string, ...endings: string[]): PackedScheme {
  return { endings, open: () => `${what} is not supported yet` }
}

/** By the endings of a part that every matrix of the scheme has; what stands first claims a layer. */
const SCHEMES: readonly (readonly [leads: readonly string[], scheme: PackedScheme])[] = [
  [[".qweight"], gptqOrAwq],
  [[".weight.absmax"], bits4],
  [[".SCB"], int8],
  [[".weight_packed"], packQuantized],
  [[".weight_scale_2"], unread("NVFP4", ".weight", ".weight_scale", ".weight_scale_2", ".input_scale")],
  [[".bitmask"], unread("compressed-tensors' sparse layout", ".compressed", ".bitmask", ".row_offsets", ".shape", ".weight_scale")],
  [[".weight_scale", ".weight_scale_inv"], scaled],
  [[".scales"], mlx],
  [[".W_q"], hqq],
  [[".gate_up_proj_blocks"], unread("MXFP4", ...stackEndings("_blocks", "_scales", "_bias"))],
  [
    [".gate_up_proj_scale", ".gate_up_proj_scale_inv"],
    unread("a stack of experts with scales", ...stackEndings("", "_scale", "_scale_inv")),
  ],
  [[".q_weight"], unread("EXL2", ".q_weight", ".q_groups", ".q_invperm", ".q_perm", ".q_scale", ".q_scale_max", ".q_group_map")],
  [[".trellis"], unread("EXL3", ".trellis", ".suh", ".svh", ".mcg", ".mul1")],
  [[".codebooks"], unread("AQLM", ".codes", ".codebooks", ".scales")],
  [[".weight._data"], unread("Quanto", ".weight._data", ".weight._scale", ".weight._shift", ".input_scale", ".output_scale")],
]

function stackEndings(...endings: readonly string[]): string[] {
  return endings.flatMap((ending) => [`.gate_up_proj${ending}`, `.down_proj${ending}`])
}

interface Claimed {
  readonly module: PackedModule
  readonly scheme: PackedScheme
}

/** Packed matrices, and what is left as it is stored. */
export interface PackedSources {
  readonly opened: OpenedFiles
  readonly sources: readonly TensorSource[]
  readonly rest: ReadonlyMap<string, RawTensor>
}

/**
 * The packed matrices of safetensors files. config.json and a few small parts are read, but only where names show packing.
 * @param raw what `readSafetensors` gave
 * @throws what `reader` throws
 */
export async function packedSources(
  reader: RepoReader,
  ref: RepoRef,
  listed: readonly RepoFile[],
  raw: RawWeights,
  options: OpenOptions,
): Promise<PackedSources> {
  const { claimed, taken } = claimModules(raw)
  if (claimed.length === 0) return { opened: raw, sources: [], rest: raw.tensors }
  const samples = claimed.map(({ module, scheme }) => scheme.sample?.(module) ?? null)
  const { rest, skipped } = storedTensors(raw, taken)
  const [{ config, requests }, read] = await Promise.all([
    claimed.some(({ scheme }) => scheme.usesConfig) ? readQuantConfig(reader, ref, listed, folderOf(raw), options.call) : UNSAID,
    readSamples(reader, ref, raw.held, inPlanOrder(claimed, samples, rest), options),
  ])
  const sources: TensorSource[] = []
  for (const [i, { module, scheme }] of claimed.entries()) {
    const sample = samples[i]
    const source = scheme.open(module, config, sample ? read.of(sample) : null)
    if (typeof source === "string") skipped.push({ name: `${module.stem}.weight`, reason: source })
    else sources.push(source)
  }
  const opened: OpenedFiles = {
    ...raw,
    skipped,
    held: [...raw.held, ...read.held],
    spilled: raw.spilled + read.spilled,
    requests: raw.requests + requests + read.requests,
    facts: { ...raw.facts, notes: [...raw.facts.notes, ...describePacking(sources)] },
  }
  return { opened, sources, rest }
}

/**
 * Samples with those first whose layers a fingerprint opens first (docs/fingerprint.md, "Rotation"): what is read of them now need not
 * be read again.
 */
function inPlanOrder(claimed: readonly Claimed[], samples: readonly (Sample | null)[], rest: ReadonlyMap<string, RawTensor>): Sample[] {
  if (samples.every((sample) => sample === null)) return []
  const byName = new Map(claimed.map(({ module }, i) => [`${module.stem}.weight`, samples[i] ?? null]))
  const matrices = [...rest.values()].filter(({ shape }) => shape.length > 1).map(({ name }) => name)
  const places = [...canonicalNames([...byName.keys(), ...matrices])].map(([name, place]) => ({
    ...place,
    sample: byName.get(name) ?? null,
  }))
  return rotate(places).flatMap(({ sample }) => (sample === null ? [] : [sample]))
}

const UNSAID = { config: parseQuantConfig({}), requests: 0 }

function folderOf({ files }: RawWeights): string {
  const path = files[0]?.path ?? ""
  return path.slice(0, path.lastIndexOf("/") + 1)
}

/** Tensors that belong to no packed layer. */
function storedTensors(raw: RawWeights, taken: ReadonlySet<string>): { rest: Map<string, RawTensor>; skipped: SkippedTensor[] } {
  const rest = new Map<string, RawTensor>()
  const skipped = raw.skipped.filter(({ name }) => !taken.has(name))
  // Of very many shards some stay closed: codes whose scales may lie there must not pass for values.
  const isPartial = raw.files.length > raw.held.length
  for (const [name, tensor] of raw.tensors) {
    if (taken.has(name)) continue
    if (isPartial && CODES.has(tensor.dtype) && tensor.shape.length > 1) {
      skipped.push({ name, reason: "its scales lie in a file that was not opened" })
    } else rest.set(name, tensor)
  }
  return { rest, skipped }
}

/** Which layers are packed and how, and the names of all tensors that belong to them. */
function claimModules(raw: RawWeights): { claimed: Claimed[]; taken: Set<string> } {
  const names = [...raw.tensors.keys(), ...raw.skipped.map(({ name }) => name)]
  const claimed = new Map<string, Claimed>()
  const taken = new Set<string>()
  for (const [leads, scheme] of SCHEMES) {
    for (const lead of leads) {
      for (const name of names) {
        if (!name.endsWith(lead)) continue
        const stem = name.slice(0, -lead.length)
        const module: PackedModule = { stem, part: (ending) => raw.tensors.get(stem + ending) }
        if (claimed.has(stem) || scheme.claims?.(module) === false) continue
        claimed.set(stem, { module, scheme })
        for (const ending of scheme.endings) taken.add(stem + ending)
      }
    }
  }
  return { claimed: [...claimed.values()], taken }
}
