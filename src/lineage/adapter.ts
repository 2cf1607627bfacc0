import type { Fingerprint } from "~src/fingerprint/types"
import { type AdapterFit, fitAdapter } from "./adapter-fit"
import { matchOrigin, type OriginMatch } from "./adapter-origin"
import { type AdapterWeights, families, weighAdapter } from "./adapter-weights"
import type { Member } from "./types"

/** A model that an adapter may have been trained on. */
export interface BaseCandidate {
  readonly id: string
  /** Milliseconds since the epoch, or null when unknown. */
  readonly createdAt: number | null
  /** Null where it could not be read: then its name alone can speak for it. */
  readonly fingerprint: Fingerprint | null
  /** Whether the adapter's card names it. */
  readonly onCard?: boolean
}

export interface RankedBase {
  /** Place in the list of candidates. */
  readonly index: number
  readonly probability: number
  /** Null where the candidate was not read or nothing could be checked. */
  readonly fit: AdapterFit | null
  /** The best match with what the adapter's files name; null where they name nothing. */
  readonly named: (OriginMatch & { readonly origin: string }) | null
  readonly weights: AdapterWeights
  /** What raises it above the other candidates that fit, strongest first; empty where only shapes speak. */
  readonly how: readonly Reason[]
}

export type Reason = "named" | "card" | "whole" | "magnitude" | "span" | "date"

/** What the logarithm of the span is for members of the right family, strangers having 0, and its variance beside chance's. */
const SPAN_MEAN = 0.5
const SPAN_VARIANCE = 0.04
/** Cards are written by hand, and one in several names another model. */
const CARD_ODDS = 60
/** A base made after its adapter: dates can be those of a later upload. */
const LATE_ODDS = 0.1
const DAY = 86_400_000
/** A base with more layers than the adapter reaches: some are trained on a part of the stack only. */
const DEPTH_ODDS = 0.1
/** A base whose modules have other names: another architecture with the same shapes, or another program's names. */
const NAMES_ODDS = 0.05
/** Relative distances (squared) of strangers: what a candidate without such a tensor counts as. */
const WHOLE_APART = 2
const MAGNITUDE_APART = 0.03
/** Relative distances (squared) below rounding to bfloat16 say no more than that. */
const ROUNDING = 4e-6
/** Fitted on development adapters with a saved head or magnitudes, trained for short and for long. */
const NEARNESS = 4
const MOST_ODDS = 10_000
/** From these odds on a reason is worth telling. */
const TELLING = 3

const NO_WEIGHTS: AdapterWeights = { whole: null, magnitude: null, span: null, spanNoise: 0 }

/**
 * Which model an adapter was trained on. A candidate that lacks a changed matrix, or has it in another shape, is ruled out. Among
 * those that fit the name counts, dates, and the adapter's own numbers: whole tensors near the base's, DoRA's magnitudes near its
 * rows' norms, and the span of A, which tells families apart but not the members of one. Where nothing of this speaks, the
 * candidates share the probability with one that is not among them.
 * @param adapter must have `facts.adapter`
 * @returns all candidates, the most probable first; probabilities add up to less than 1
 */
export function rankBases(adapter: Fingerprint, adapterDate: number | null, candidates: readonly BaseCandidate[]): RankedBase[] {
  const read = candidates.map(({ fingerprint }) => (fingerprint?.facts.adapter ? null : fingerprint))
  const fits = read.map((base) => (base === null ? null : fitAdapter(adapter, base)))
  const possible = fits.map((fit, i) => (fit === null ? candidates[i]?.fingerprint === null : fit.misfit === null))
  // The last stands for a model that is not among the candidates.
  const weights = [...read.map((base, i) => (base === null || !possible[i] ? NO_WEIGHTS : weighAdapter(adapter, base))), NO_WEIGHTS]
  const spans = spanOdds(weights, families(read.map((base, i) => (weights[i]?.span === null ? null : base))))
  const whole = nearnessOdds(
    weights.map((entry) => entry.whole),
    WHOLE_APART,
  )
  const magnitude = nearnessOdds(
    weights.map((entry) => entry.magnitude),
    MAGNITUDE_APART,
  )
  const entries = candidates.map((candidate, i) => {
    const named = bestMatch(adapter.facts.origins, candidate.id)
    const late = adapterDate !== null && candidate.createdAt !== null && candidate.createdAt > adapterDate + DAY
    const shape = (fits[i]?.sameDepth === false ? DEPTH_ODDS : 1) * (fits[i]?.sameNames === false ? NAMES_ODDS : 1)
    const odds = {
      named: named?.odds ?? 1,
      card: candidate.onCard ? CARD_ODDS : 1,
      whole: whole[i] ?? 1,
      magnitude: magnitude[i] ?? 1,
      span: spans[i] ?? 1,
      date: late ? LATE_ODDS : 1,
    }
    const weight = possible[i] ? Object.values(odds).reduce((product, value) => product * value, shape) : 0
    return { named, odds, weight }
  })
  const unknown = [spans, whole, magnitude].reduce((product, odds) => product * (odds.at(-1) ?? 1), 1)
  const total = unknown + entries.reduce((sum, { weight }) => sum + weight, 0)
  return entries
    .map(({ named, odds, weight }, index) => ({
      index,
      probability: weight / total,
      fit: fits[index] ?? null,
      named,
      weights: weights[index] as AdapterWeights,
      how:
        weight === 0
          ? []
          : reasons(
              odds,
              entries.map((entry) => (entry.weight > 0 ? entry.odds : null)),
              index,
            ),
    }))
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
}

/** {@link rankBases} for models that were read: `index` of an answer is the place in `bases`. */
export function rankMembers(adapter: Member, bases: readonly Member[]): RankedBase[] {
  const candidates = bases.map(({ id, facts, fingerprint }) => ({
    id,
    createdAt: facts.createdAt,
    fingerprint,
    onCard: adapter.facts.declared.includes(id),
  }))
  return rankBases(adapter.fingerprint, adapter.facts.createdAt, candidates)
}

function bestMatch(origins: readonly string[], id: string): (OriginMatch & { readonly origin: string }) | null {
  let best: (OriginMatch & { readonly origin: string }) | null = null
  for (const origin of origins) {
    const match = matchOrigin(origin, id)
    if (best === null || match.odds > best.odds) best = { ...match, origin }
  }
  return best
}

/**
 * Odds by nearness: 1 for the nearest, falling with the squared distance. Training may carry an adapter past its base towards one
 * of the base's siblings, which were trained likewise: a candidate a little farther away is little less probable.
 */
function nearnessOdds(distances: readonly (number | null)[], apart: number): number[] {
  const nearest = Math.min(...distances.filter((distance) => distance !== null))
  // Who was not compared is never nearer than who was.
  const missing = Number.isFinite(nearest) ? Math.max(apart, nearest) : apart
  const filled = distances.map((distance) => (distance ?? missing) + ROUNDING)
  const least = Math.min(...filled)
  return filled.map((distance) => Math.max(1 / MOST_ODDS, (least / distance) ** NEARNESS))
}

/**
 * Odds by the span of A, the same for all members of a family: the likelihood ratio of two normal distributions. Of a model
 * whose rows were not compared the others' spans say as much as a family half-way would.
 */
function spanOdds(weights: readonly AdapterWeights[], family: readonly number[]): number[] {
  const members = new Map<number, AdapterWeights[]>()
  for (const [i, entry] of weights.entries())
    if (entry.span !== null) members.set(family[i] as number, [...(members.get(family[i] as number) ?? []), entry])
  if (members.size === 0) return weights.map(() => 1)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const logs = new Map([...members].map(([key, list]) => [key, mean(list.map(({ span }) => span ?? 0))]))
  const noise = mean([...members.values()].flat().map(({ spanNoise }) => spanNoise))
  const filled = weights.map(({ span }, i) => (span === null ? SPAN_MEAN / 2 : (logs.get(family[i] as number) as number)))
  const best = Math.max(...filled)
  return filled.map((log) => Math.max(1 / MOST_ODDS, Math.exp((SPAN_MEAN / (SPAN_VARIANCE + noise)) * (log - best))))
}

type Odds = Readonly<Record<Reason, number>>

/** The kinds of evidence that put this candidate clearly above at least one other that fits. */
function reasons(own: Odds, all: readonly (Odds | null)[], index: number): Reason[] {
  const gain = (reason: Reason) => Math.max(1, ...all.map((odds, i) => (odds === null || i === index ? 1 : own[reason] / odds[reason])))
  const list = (Object.keys(own) as Reason[]).map((reason) => ({ reason, gain: reason === "named" ? own.named : gain(reason) }))
  return list
    .filter((entry) => entry.gain >= TELLING)
    .sort((a, b) => b.gain - a.gain)
    .map(({ reason }) => reason)
}
