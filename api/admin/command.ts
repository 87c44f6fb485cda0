import { UsageError } from '../cli.ts'
import { ConfigError, parseConfig, parseDatabaseConfig } from '../config.ts'
import type { Db } from '../db.ts'
import { buildDeps, type Deps } from '../deps.ts'
import { createLog } from '../log.ts'
import { createSmtpMailer } from '../mail/smtp_mailer.ts'
import { openPool } from '../mysql.ts'
import { PanelError } from '../panel/panel.ts'
import { PaymentsError } from '../payments/payments.ts'
import { Problem } from '../problem.ts'

/** The errors of an operator's command whose messages are made for people. */
export const knownErrors = [ConfigError, PanelError, PaymentsError, Problem]

/** The options that every command which changes something has. */
export const ACTING = {
  yes: { type: 'boolean', default: false },
  as: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** Opens the shop that the environment describes, and closes it when `work` has ended. */
export async function withShop<T>(
  environment: Record<string, string>,
  work: (db: Db, deps: Deps) => Promise<T>,
): Promise<T> {
  const config = parseConfig(environment)
  const pool = openPool(parseDatabaseConfig(environment), { connectionLimit: 4 })
  try {
    const deps = buildDeps(config, {
      openDb: pool.openDb,
      // What is worth reading is said by the command itself; the rest goes where logs go.
      log: createLog((line) => console.error(line), () => new Date()),
      clientAddress: () => 'cli',
      // The shop that runs beside it looks at its queues by itself.
      wake: () => {},
      createSmtpMailer,
    })
    const db = pool.openDb()
    const result = await work(db, deps)
    await deps.metrics.flush(db)
    return result
  } finally {
    await pool.end()
  }
}

/**
 * Who does it, for the audit log: `cli`, or `cli:NAME` with `--as NAME`. The name of the machine's
 * user would say more about the machine than about the person.
 */
export function actorOf(as: string): string {
  if (as === '') return 'cli'
  if (/^[A-Za-z0-9._-]{1,30}$/.test(as)) return `cli:${as}`
  throw new UsageError('Cannot use that name: give --as at most 30 letters, digits, dots or dashes')
}

/** `90m`, `24h` or `3d` in milliseconds. */
export function readDuration(text: string | undefined): number {
  const [, count, unit = ''] = /^([1-9]\d{0,3})(m|h|d)$/.exec(text ?? '') ?? []
  const ms: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
  if (count) return Number(count) * (ms[unit] ?? 0)
  throw new UsageError(
    'Cannot read how long: give --by minutes, hours or days, such as 90m, 24h or 3d',
  )
}

/** The id of an order as it was typed. */
export function needOrderId(text: string | undefined): string {
  if (/^ord_[0-9a-z]{26}$/.test(text ?? '')) return text ?? ''
  throw new UsageError(`Cannot find an order by "${text ?? ''}": its id is ord_ and 26 characters`)
}
