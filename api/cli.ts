import { parseArgs, type ParseArgsConfig, parseEnv } from 'node:util'
import { DbUnavailable } from './db.ts'
import { errnoOf } from './db_errors.ts'

/** What was typed is no command of ours; the message says what is, and ends with the usage. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Where a command finds its variables when the process has none: a server of one's own, or dev. */
const ENVIRONMENT_FILES = ['.env', '.dev/api.env']

/**
 * The variables of the process. Where they name no database, those of `.env` in the current folder
 * come in, or those of the shop that `deno task dev` runs there.
 */
export function readEnvironment(): Record<string, string> {
  const environment = Deno.env.toObject()
  if (environment.DATABASE_URL) return environment
  for (const file of ENVIRONMENT_FILES) {
    try {
      return { ...parseEnv(Deno.readTextFileSync(file)), ...environment } as Record<string, string>
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error
    }
  }
  return environment
}

/** Reads the arguments of a command. Throws a UsageError that ends with `usage`. */
export function readArguments<O extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: O,
  usage: string,
) {
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
}

/**
 * One sentence for what an operator can put right; a bug keeps its stack. `known` are the errors of
 * the command whose messages are made for people.
 */
export function explain(
  error: unknown,
  known: readonly (new (...args: never[]) => Error)[],
): string {
  if (errnoOf(error) === 1146) return 'Cannot use this database: run deno task migrate first'
  if (error instanceof DbUnavailable) {
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
    return `Cannot reach the database of DATABASE_URL${cause}`
  }
  if (!(error instanceof Error)) return String(error)
  const isKnown = [UsageError, ...known].some((kind) => error instanceof kind)
  return isKnown ? error.message : error.stack ?? error.message
}

/** Writes to the terminal, what went wrong (exit code 2) beside the rest, and gives the exit code. */
export function print(text: string, exitCode: number): number {
  const stream = exitCode === 2 ? Deno.stderr : Deno.stdout
  writeAll(stream, new TextEncoder().encode(`${text}\n`))
  return exitCode
}

/** A pipe may take a part at a time. */
function writeAll(stream: typeof Deno.stdout, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at))
}
