import { inspectModel } from "~src/app/inspect"
import { parseCommand, readList } from "./arguments"
import type { Command } from "./command"
import { createEngine } from "./engine"
import { openLocalModels } from "./local"
import { json, writeResult } from "./output"
import { createProgress } from "./progress"
import { lineageText } from "./report-text"

/** `lineage MODEL`: where one model comes from. */
export const lineage: Command = async (args, surroundings) => {
  const options = { json: { type: "boolean" }, candidates: { type: "string" } } as const
  const { values, positionals, common } = parseCommand(args, options, 1, surroundings.environment)
  const candidates = values.candidates === undefined ? undefined : readList("candidates", values.candidates)
  const local = await openLocalModels([...positionals, ...(candidates ?? [])])
  const [model = "", ...others] = local.ids
  const progress = createProgress(surroundings.stderr)
  const { report } = await inspectModel(createEngine(common, surroundings.environment, local.wrap), model, {
    signal: surroundings.signal,
    time: common.time,
    budget: common.budget,
    refresh: false,
    onProgress: progress.show,
    ...(candidates === undefined ? {} : { candidates: others }),
  }).finally(progress.clear)
  await writeResult(values.json ? json(report) : lineageText(report), common.out, surroundings)
}
