import type { Call, ModelRecord } from "~src/hub/types"
import { negativeControl } from "~src/lineage/evidence"
import { chartFamily, prepareChart } from "~src/lineage/family"
import { withGhosts } from "~src/lineage/ghosts"
import type { ConfigHints } from "~src/lineage/hints"
import { withRelations } from "~src/lineage/learned-relation"
import { FEATURES } from "~src/lineage/tokens/tokens"
import { storedWeights } from "~src/lineage/weights"
import { concludeMember } from "./conclude"
import { ENGINE_VERSION } from "./engine-version"
import { toAtlas } from "./family-atlas"
import { addHints, type Gathered, gather, loadFiles, pin, refOf } from "./gather"
import { closedIds } from "./ghost-parents"
import { createHintsDesk } from "./hints"
import type { Engine, Inspection, InspectOptions } from "./inspect-types"
import { type Kin, kinByFit, kinByWeights } from "./kin"
import { CostMeter } from "./meter"
import { pairAsTheyCome } from "./pairing"
import { fileFacts, neighbours, withPortraits } from "./portraits"
import type { Step } from "./protocol"
import { createReading } from "./reading"
import { type Found, findAlike, findListed, findOrigin, lookUp, namedByRelatives } from "./search"
import { readInspection } from "./stored"
import { explain, readInWaves } from "./waves"

/**
 * The main use case: where does this model come from? Reads the model, finds candidates, compares sampled weights, charts the
 * family and concludes. Facts and the conclusion go to the store; a stored conclusion of the same commit and engine is answered
 * at once.
 * @param model `owner/name` or `owner/name@revision`
 * @throws PedigreeError when the model itself cannot be read; AbortError when `options.signal` fires
 */
export async function inspectModel(engine: Engine, model: string, options: InspectOptions): Promise<Inspection> {
  const started = engine.now()
  const meter = new CostMeter()
  const call: Call = { signal: options.signal, meter }
  const tell = (step: Step, done: number, total: number) =>
    options.onProgress({ step, done, total, requests: meter.requests, bytes: meter.bytes })

  tell("record", 0, 1)
  const fresh = options.refresh || options.candidates !== undefined
  if (fresh) warmUp(engine, options.signal)
  const [id, revision] = model.split("@") as [string, string | undefined]
  const looking = engine.hub.model(id, revision ?? null, call)
  // Models asked for by name can be looked up before anything is known.
  const asked = options.candidates?.map((name) => lookUp(engine, [name], call))
  for (const side of [looking, ...(asked ?? [])]) side.catch(() => {}) // Awaited below.
  const record = await looking
  const key = storageKey(record, options)
  if (!fresh && key !== null) {
    const stored = readInspection(await engine.store.get("reports", key), await engine.store.get("families", key))
    if (stored) {
      const cost = meter.cost(engine.now() - started, stored.report.cost.provider)
      return { report: { ...stored.report, cost }, atlas: stored.atlas, stored: true }
    }
  }
  if (!fresh) warmUp(engine, options.signal)

  tell("weights", 0, 1)
  const ref = await pin(engine, record, call)
  const files = loadFiles(engine, ref, call)
  const hints = createHintsDesk(engine, call)
  const own = gather(engine, { ...record, revision: ref.revision }, { ...options, meanwhile: (of) => void hints.of(of) }, call)
  const searched = options.time ? record : { ...record, createdAt: null }
  const sources = asked ?? findAround(engine, searched, () => hints.of(ref), own, call)
  const twin = { files, fingerprint: own.then(({ member }) => member.fingerprint) }
  for (const side of [files, twin.fingerprint, ...sources]) side.catch(() => {}) // Awaited below, or a copy of what is.
  tell("candidates", 0, 1)

  const pairing = pairAsTheyCome(engine.statistics, options.signal, twin.fingerprint, (other, isRelative) => {
    const entry = reading.readable().find((one) => one.record.id === other)
    if (!entry) return
    if (isRelative) void hints.of(refOf(entry))
    else if (!entry.member.fingerprint.facts.adapter) hints.drop(refOf(entry).id)
  })
  const onRead = (done: number, total: number) => tell("compare", done, total)
  const reading = createReading(record, { ...options, engine, call, pairing, hints, onRead, twin })
  const { unread, licences } = reading
  const chart = async ({ members, pairs }: Kin) => {
    // What a copy's files say of their making was written with the copy, and is none of the original's.
    const hinted = members.map(async (entry) => (entry.member.readThrough ? entry : addHints(entry, await hints.of(refOf(entry)))))
    for (const side of hinted) side.catch(() => {}) // Awaited below.
    // What the weights alone say takes longest and is kept: it is found while config.json is still under way.
    prepareChart(
      members.map(({ member }) => member),
      pairs,
    )
    const everyone = await Promise.all(hinted)
    return {
      everyone,
      family: chartFamily(
        everyone.map(({ member }) => member),
        pairs,
      ),
    }
  }
  const [first, ...further] = sources as [Promise<Found>, ...Promise<Found>[]]
  const beside = Promise.all(further.map(async (source) => reading.read(await source)))
  /** Who the parents are by what was read so far. */
  const parentsSoFar = async () => {
    const [self] = await Promise.all([own, beside])
    await pairing.settled()
    if (self.member.fingerprint.facts.adapter) return null
    const { family } = await chart(kinByWeights(self, reading.readable(), pairing))
    const { parents } = concludeMember(family, 0, self.record, { unrelated: new Set(), unread })
    return explain(parents)
      ? parents
          .map(({ id }) => id)
          .sort()
          .join(" ")
      : null
  }
  const listed = first.then((found) =>
    asked ? reading.read(found).then(() => 0) : readInWaves(found, record.id, reading.read, parentsSoFar),
  )
  // The model's own failure is the one to report, and ends the search.
  const others = Promise.all([listed, beside]).catch(async (error) => {
    await own
    throw error
  })
  const [target, [notRead]] = await Promise.all([own, others])
  if (!asked && target.member.fingerprint.facts.adapter)
    await reading.read(await findAlike(engine, target, reading.readable(), unread, call))
  if (!asked) await reading.read(await namedByRelatives(engine, target, reading.readable(), unread, call))

  tell("conclude", 0, 1)
  await pairing.settled()
  const readable = reading.readable()
  const kin = target.member.fingerprint.facts.adapter
    ? await kinByFit(engine, target, readable, options.signal)
    : kinByWeights(target, readable, pairing)
  for (const { id: other, failure } of kin.incomparable) unread.set(other, failure)
  const { everyone, family: charting } = await chart(kin)
  const worded = await withRelations(charting, engine.statistics.scorers, options.signal)
  const family = withGhosts(worded, { unread: closedIds(unread) })
  const charted = new Set(everyone.map((entry) => entry.record.id))
  const around = { unrelated: new Set(kin.compared.map((entry) => entry.id).filter((other) => !charted.has(other))), unread }
  const cost = meter.cost(engine.now() - started, engine.statistics.provider)
  const concluded = concludeMember(family, 0, target.record, around)
  const report: Inspection["report"] = {
    schema: "pedigree/lineage@1",
    engine: ENGINE_VERSION,
    model: record.id,
    revision: target.member.fingerprint.revision,
    weights: storedWeights(target.member.fingerprint),
    declared: record.declared,
    ...concluded,
    parents: withPortraits(family, concluded.parents),
    files: fileFacts(target.member),
    near: neighbours(family),
    compared: [...kin.compared].sort((one, other) => other.related - one.related),
    notCompared: [...unread].map(([other, { message, code }]) => {
      const license = licences.get(other)
      return { id: other, reason: message, code, ...(license ? { license } : {}) }
    }),
    notRead,
    control: target.member.fingerprint.facts.adapter ? null : negativeControl(kin.strangers),
    cost,
  }
  const records = everyone.map((entry) => entry.record)
  const atlas = toAtlas(family, records, around, cost)
  if (key !== null) {
    await engine.store.put("reports", key, report)
    await engine.store.put("families", key, atlas)
  }
  tell("conclude", 1, 1)
  return { report, atlas, stored: false }
}

/** Models found from cheap facts, and those that the files name: read as soon as each is known. */
function findAround(
  engine: Engine,
  target: ModelRecord,
  hints: () => Promise<ConfigHints>,
  own: Promise<Gathered>,
  call: Call,
): Promise<Found>[] {
  const listed = findListed(engine, target, own, call)
  return [listed, findOrigin(engine, target, hints, own, listed, call)]
}

/** Loading the runtime takes as long as several round trips: it loads while the Hub is asked. */
function warmUp(engine: Engine, signal: AbortSignal): void {
  const one = new Float32Array(1)
  const blank = [{ features: FEATURES, values: new Float32Array(FEATURES) }]
  const { scorers } = engine.statistics
  // One after the other: what has been read is compared before the scorers, which are asked later, start.
  void (async () => {
    await engine.statistics.run([{ a: one, b: one, rows: 1, cols: 1 }], signal)
    await scorers?.directions(blank, signal)
    await scorers?.relations(blank, signal)
  })().catch(() => {}) // A real failure shows at the first real run.
}

/** Conclusions are kept for the standard question only, where the candidates are found and not named by hand. */
function storageKey(record: ModelRecord, options: InspectOptions): string | null {
  if (record.revision === null || options.candidates) return null
  return `${record.id}@${record.revision}#${ENGINE_VERSION}#${options.budget}${options.time ? "" : "#no-time"}`
}
