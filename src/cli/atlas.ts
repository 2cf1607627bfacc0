import fs from "node:fs/promises"
import { type Chart, chartModels } from "~src/app/chart"
import { toBom } from "~src/app/export/bom"
import { toGexf } from "~src/app/export/gexf"
import { toGraphml } from "~src/app/export/graphml"
import { inspectModel } from "~src/app/inspect"
import type { Engine, InspectOptions } from "~src/app/inspect-types"
import type { AtlasReport } from "~src/app/report"
import { PedigreeError } from "~src/core/errors"
import { atlasSvg } from "~src/ui/atlas/svg"
import { badArguments, type Common, parseCommand } from "./arguments"
import type { Command } from "./command"
import { createEngine, hubOptions } from "./engine"
import { listNames } from "./names"
import { json, writeResult } from "./output"
import { createProgress } from "./progress"
import { atlasText } from "./report-text"
import { safe } from "./table"

const FORMATS = { json, graphml: toGraphml, gexf: toGexf, svg: atlasSvg, bom: (atlas: AtlasReport) => json(toBom(atlas)) } as const

/** `atlas`: the graph of a family, an author, a list or a whole small Hub. */
export const atlas: Command = async (args, surroundings) => {
  const flag = { type: "boolean" } as const
  const text = { type: "string" } as const
  const options = { model: text, author: text, list: text, all: flag, json: flag, graphml: flag, gexf: flag, svg: flag, bom: flag }
  const { values, common } = parseCommand(args, options, 0, surroundings.environment)
  const subjects = [values.model, values.author, values.list, values.all].filter((value) => value !== undefined)
  if (subjects.length !== 1 || subjects[0] === "") throw badArguments("atlas takes exactly one of --model, --author, --list and --all")
  const formats = (Object.keys(FORMATS) as (keyof typeof FORMATS)[]).filter((format) => values[format])
  if (formats.length > 1) throw badArguments(`atlas writes one format at a time, not ${formats.join(" and ")}`)

  const progress = createProgress(surroundings.stderr)
  const engine = createEngine(common, surroundings.environment)
  const inspect = { signal: surroundings.signal, time: common.time, budget: common.budget, refresh: false, onProgress: progress.show }
  const charted = await chart(engine, common, values, inspect).finally(progress.clear)
  reportUnread(charted, surroundings.stderr)
  const write = formats[0] ? FORMATS[formats[0]] : atlasText
  await writeResult(write(charted.atlas), common.out, surroundings)
}

interface Subject {
  readonly model?: string | undefined
  readonly author?: string | undefined
  readonly list?: string | undefined
}

async function chart(engine: Engine, common: Common, subject: Subject, options: InspectOptions): Promise<Chart> {
  if (subject.model !== undefined) return { atlas: (await inspectModel(engine, subject.model, options)).atlas, unread: new Map() }
  const names =
    subject.list === undefined ? await listNames(hubOptions(common), subject.author, options.signal) : await readNames(subject.list)
  return chartModels(engine, names, options)
}

/** Says which models are missing from the chart; throws when all are, for the reason of the first. */
function reportUnread({ atlas: { nodes }, unread }: Chart, stderr: NodeJS.WriteStream): void {
  const [first] = unread.values()
  if (first && nodes.length === 0) throw new PedigreeError(first.code, first.message, first.advice, first)
  for (const [id, { message }] of unread) stderr.write(`${safe(`${id} is not in the chart: ${message}`)}\n`)
}

/** One name a line; empty lines and those that start with # are skipped. */
async function readNames(file: string): Promise<string[]> {
  const text = await fs.readFile(file, "utf8").catch(() => {
    throw badArguments(`the list ${file} cannot be read`, "give a text file with one owner/name a line")
  })
  const names = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
  if (names.length === 0) throw badArguments(`the list ${file} names no models`, "write one owner/name a line")
  return [...new Set(names)]
}
