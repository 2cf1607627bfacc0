import { PedigreeError, toFailure } from "~src/core/errors"
import { ENGLISH } from "~src/ui/english"
import { speak } from "~src/ui/i18n"
import { badArguments } from "./arguments"
import { atlas } from "./atlas"
import type { Command, Surroundings } from "./command"
import { compare } from "./compare"
import { exitStatus } from "./exit"
import { lineage } from "./lineage"
import { safe } from "./table"

const COMMANDS: Readonly<Record<string, Command>> = { lineage, atlas, compare }

/** Runs one command and answers the exit status of the contract. */
async function main([name, ...args]: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (!command) throw badArguments(`the command is one of ${Object.keys(COMMANDS).join(", ")}`)
    await command(args, surroundings)
    return 0
  } catch (thrown) {
    const failure = toFailure(thrown)
    surroundings.stderr.write(`${safe(`${failure.message.replace(/[.:]?\s*$/, ".")} ${failure.advice}`)}\n`)
    const expected = thrown instanceof PedigreeError || failure.code === "aborted"
    return expected ? exitStatus(failure.code) : 1
  }
}

const interrupt = new AbortController()
process.once("SIGINT", () => interrupt.abort())
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", () => process.exit(0))
// Standard output is for results alone; libraries that report there are sent to standard error.
console.log = console.error
speak(ENGLISH)
const { env, stdout, stderr } = process
const status = await main(process.argv.slice(2), { environment: env, signal: interrupt.signal, stdout, stderr })
stdout.write("", () => process.exit(status))
