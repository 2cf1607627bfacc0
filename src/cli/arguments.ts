import { type ParseArgsConfig, parseArgs } from "node:util"
import { PedigreeError } from "~src/core/errors"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import type { Environment } from "./command"

/** Options that every command has, read from the arguments and the environment. */
export interface Common {
  /** Without trailing slash. */
  readonly endpoint: string
  readonly token: string | null
  /** False ignores every date. */
  readonly time: boolean
  /** Weight bytes read per model at most. */
  readonly budget: number
  /** A folder, or null to keep nothing. Undefined: the person's own cache folder. */
  readonly cache: string | null | undefined
  /** Where the result goes instead of standard output. */
  readonly out: string | null
}

const USAGE = `usage: lineage MODEL | compare MODEL_A MODEL_B | atlas (--model ID | --author NAME | --list FILE | --all)`

/** A PedigreeError for arguments that cannot be meant. */
export const badArguments = (message: string, advice: string = USAGE) => new PedigreeError("bad-arguments", message, advice)

const COMMON = {
  endpoint: { type: "string" },
  "no-time": { type: "boolean" },
  budget: { type: "string" },
  cache: { type: "string" },
  out: { type: "string" },
} as const satisfies ParseArgsConfig["options"]

/**
 * Parses a command's arguments by `options` beside those of {@link Common}.
 * Throws PedigreeError "bad-arguments" for unknown options, missing or malformed values and a wrong number of positionals.
 */
export function parseCommand<Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
  positionals: number,
  environment: Environment,
) {
  const parsed = parse(args, { ...COMMON, ...options })
  if (parsed.positionals.length !== positionals) {
    throw badArguments(`${positionals} model${positionals === 1 ? " was" : "s were"} expected, ${parsed.positionals.length} given`)
  }
  if (parsed.positionals.some((model) => model.trim() === "")) throw badArguments("a model's name is empty")
  return { values: parsed.values, positionals: parsed.positionals, common: readCommon(parsed.values, environment) }
}

function parse<Options extends NonNullable<ParseArgsConfig["options"]>>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw badArguments(message.split(/\.\s/)[0] ?? message)
  }
}

function readCommon(values: Readonly<Record<string, unknown>>, environment: Environment): Common {
  const text = (name: keyof typeof COMMON) => {
    const value = values[name]
    if (value === "") throw badArguments(`--${name} is empty`)
    return typeof value === "string" ? value : undefined
  }
  const cache = text("cache")
  return {
    endpoint: readEndpoint(text("endpoint") ?? (environment.HF_ENDPOINT || "https://huggingface.co")),
    token: environment.HF_TOKEN?.trim() || null,
    time: values["no-time"] !== true,
    budget: readBudget(text("budget")),
    cache: cache === "none" ? null : cache,
    out: text("out") ?? null,
  }
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw badArguments(`the endpoint ${JSON.stringify(text)} is not an address`, "give one such as https://huggingface.co")
  }
  return text.replace(/\/+$/, "")
}

function readBudget(text: string | undefined): number {
  if (text === undefined) return DEFAULT_BUDGET
  const budget = Number(text)
  if (!/^\d+$/.test(text) || budget === 0 || !Number.isSafeInteger(budget)) {
    throw badArguments(`the budget ${JSON.stringify(text)} is not a number of bytes`, "give a whole number such as 1048576")
  }
  return budget
}

/** The members of a comma-separated list. Throws PedigreeError "bad-arguments" when there are none. */
export function readList(name: string, text: string): string[] {
  const members = text.split(",").map((member) => member.trim())
  if (members.includes("")) throw badArguments(`--${name} holds an empty name`, "separate names by single commas")
  return members
}
