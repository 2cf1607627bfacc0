import type { Fingerprint } from "~src/fingerprint/types"
import { type AdapterFit, fitAdapter } from "./adapter-fit"
import { matchOrigin, type OriginMatch } from "./adapter-origin"
import { type AdapterWeights, families, weighAdapter } from "./adapter-weights"

/** A model that an adapter may have been trained on. */
export interface BaseCandidate {
  readonly id: string
  /** Milliseconds since the epoch, or null when unknown. */
  readonly createdAt: number | null
  /** Null where it could not be read: then its name alone can speak for it. */
  readonly fingerprint: Fingerprint | null
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

export type Reason = "named" | "whole" | "magnitude" | "span" | "date"

/** How sure a candidate of another family's span makes us, per unit of its logarithm: fitted on adapters of known base. */
const SPAN_WEIGHT = 12
/** A base made after its adapter: dates can be those of a later upload. */
const LATE_ODDS = 0.1
const DAY = 86_400_000
/** A base with more layers than the adapter reaches: some are trained on a part of the stack only. */
const DEPTH_ODDS = 0.1
/** What one further model, unknown to us, has as weight beside a candidate that only fits. */
const UNKNOWN = 1
/** Relative distances (squared) below rounding to bfloat16 say no more than that. */
const ROUNDING = 4e-6
const MOST_ODDS = 10_000
/** From these odds on a reason is worth telling. */
const TELLING = 3

const NO_WEIGHTS: AdapterWeights = { whole: null, magnitude: null, span: null }

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
  const weights = read.map((base, i) => (base === null || !possible[i] ? NO_WEIGHTS : weighAdapter(adapter, base)))
  const spans = spanOdds(
    weights.map(({ span }) => span),
    families(read.map((base, i) => (weights[i]?.span === null ? null : base))),
  )
  const whole = nearnessOdds(weights.map((entry) => entry.whole))
  const magnitude = nearnessOdds(weights.map((entry) => entry.magnitude))
  const entries = candidates.map((candidate, i) => {
    const named = bestMatch(adapter.facts.origins, candidate.id)
    const late = adapterDate !== null && candidate.createdAt !== null && candidate.createdAt > adapterDate + DAY
    const depth = fits[i]?.sameDepth === false ? DEPTH_ODDS : 1
    const odds = {
      named: named?.odds ?? 1,
      whole: whole[i] ?? 1,
      magnitude: magnitude[i] ?? 1,
      span: spans[i] ?? 1,
      date: late ? LATE_ODDS : 1,
    }
    const weight = possible[i] ? Object.values(odds).reduce((product, value) => product * value, depth) : 0
    return { named, odds, weight }
  })
  const total = UNKNOWN + entries.reduce((sum, { weight }) => sum + weight, 0)
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

function bestMatch(origins: readonly string[], id: string): (OriginMatch & { readonly origin: string }) | null {
  let best: (OriginMatch & { readonly origin: string }) | null = null
  for (const origin of origins) {
    const match = matchOrigin(origin, id)
    if (best === null || match.odds > best.odds) best = { ...match, origin }
  }
  return best
}

/**
 * Odds by nearness: 1 for the nearest, less for those farther away. Training may carry an adapter past its base's siblings, so a
 * candidate twice as far (in squares) is still half as probable; one ten times as far is not.
 */
function nearnessOdds(distances: readonly (number | null)[]): number[] {
  const known = distances.filter((distance) => distance !== null)
  const least = Math.min(...known) + ROUNDING
  return distances.map((distance) => (distance === null ? 1 : 1 / Math.min(MOST_ODDS, 1 + ((distance + ROUNDING) / least - 1) ** 3)))
}

/** Odds by the span of A, the same for all members of a family; those without a number get the mean of the families'. */
function spanOdds(spans: readonly (number | null)[], family: readonly number[]): number[] {
  const sums = new Map<number, { sum: number; count: number }>()
  for (const [i, span] of spans.entries()) {
    if (span === null) continue
    const entry = sums.get(family[i] as number) ?? { sum: 0, count: 0 }
    sums.set(family[i] as number, { sum: entry.sum + span, count: entry.count + 1 })
  }
  if (sums.size < 2) return spans.map(() => 1)
  const means = new Map([...sums].map(([key, { sum, count }]) => [key, sum / count]))
  const best = Math.max(...means.values())
  return spans.map((span, i) =>
    span === null ? 1 : Math.max(1 / MOST_ODDS, Math.exp(SPAN_WEIGHT * ((means.get(family[i] as number) as number) - best))),
  )
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
