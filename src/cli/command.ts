/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a command gets from the outside. */
export interface Surroundings {
  readonly environment: Environment
  readonly signal: AbortSignal
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** Does its work and writes its result; throws PedigreeError. */
export type Command = (args: readonly string[], surroundings: Surroundings) => Promise<void>
