import { canonicalEmail } from '../accounts/email.ts'
import { explain, print, readArguments, readEnvironment, UsageError } from '../cli.ts'
import { ConfigError, parseDatabaseConfig } from '../config.ts'
import { createIdFactory } from '../ids.ts'
import { openPool } from '../mysql.ts'
import { Problem } from '../problem.ts'
import { actorOf } from './command.ts'
import { addOperator, listOperators, removeOperator } from './operators.ts'

const USAGE = `deno task operators list            who may see and mend everything
deno task operators add EMAIL       make the account with this address an operator
deno task operators remove EMAIL    make it a customer again, and end its sessions
  --as NAME   who does it, for the audit log
Exit code: 0 done, 1 it could not be done as asked, 2 could not run`

/** `deno task operators …`, the only way to become an operator; returns the exit code. */
export async function runOperators(
  args: string[],
  environment: Record<string, string>,
  say: typeof print = print,
): Promise<number> {
  try {
    const { values, positionals } = readArguments(args, {
      as: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    }, USAGE)
    if (values.help || positionals.length === 0) return say(USAGE, values.help ? 0 : 2)
    const actor = actorOf(values.as)
    return say(await perform(positionals, { actor, environment }), 0)
  } catch (error) {
    return say(explain(error, [ConfigError, Problem]), error instanceof Problem ? 1 : 2)
  }
}

async function perform(
  [verb = '', address, ...rest]: string[],
  { actor, environment }: { actor: string; environment: Record<string, string> },
): Promise<string> {
  const takesAddress = verb === 'add' || verb === 'remove'
  if (
    rest.length || (address !== undefined) !== takesAddress || !(takesAddress || verb === 'list')
  ) {
    throw new UsageError(`Cannot run "${[verb, address, ...rest].join(' ').trim()}"\n${USAGE}`)
  }
  const email = takesAddress ? needEmail(address) : ''
  const pool = openPool(parseDatabaseConfig(environment), { connectionLimit: 1 })
  try {
    const db = pool.openDb()
    const deps = { newId: createIdFactory(() => new Date(), randomBytes) }
    if (verb === 'add') return await addOperator(db, deps, { email, actor })
    if (verb === 'remove') return await removeOperator(db, deps, { email, actor })
    return (await listOperators(db)).join('\n') || 'There is no operator.'
  } finally {
    await pool.end()
  }
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

function needEmail(address: string | undefined): string {
  const canonical = canonicalEmail(address ?? '')
  if ('email' in canonical) return canonical.email
  throw new UsageError(`Cannot use that address: ${canonical.fault}`)
}

if (import.meta.main) {
  Deno.exit(await runOperators(Deno.args, readEnvironment()))
}
