import { compareModels } from "~src/app/compare"
import { parseCommand } from "./arguments"
import type { Command } from "./command"
import { createEngine } from "./engine"
import { openLocalModels } from "./local"
import { json, writeResult } from "./output"
import { createProgress } from "./progress"
import { compareText } from "./report-text"

/** `compare MODEL_A MODEL_B`: whether two models share weights, by which relation, and which came first. */
export const compare: Command = async (args, surroundings) => {
  const { values, positionals, common } = parseCommand(args, { json: { type: "boolean" } }, 2, surroundings.environment)
  const local = await openLocalModels(positionals)
  const [a = "", b = ""] = local.ids
  const progress = createProgress(surroundings.stderr)
  const report = await compareModels(createEngine(common, surroundings.environment, local.wrap), a, b, {
    signal: surroundings.signal,
    time: common.time,
    budget: common.budget,
    refresh: false,
    onProgress: progress.show,
  }).finally(progress.clear)
  await writeResult(values.json ? json(report) : compareText(report), common.out, surroundings)
}
