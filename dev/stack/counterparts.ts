import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Db } from '../../api/db.ts'
import { StartError } from '../start_error.ts'
import type { Settings } from './settings.ts'

/** Whom the orders in the database were made with: their ids mean nothing to anybody else. */
interface Counterparts {
  stripe: string
  panel: string
}

/**
 * Refuses to run orders that were made with one Stripe account or panel against another, where
 * their customers, prices and servers do not exist. A database without orders may change sides.
 */
export async function checkCounterparts(
  dir: string,
  settings: Pick<Settings, 'stripe' | 'panel'>,
  db: Db,
): Promise<void> {
  const file = join(dir, 'counterparts.json')
  const now = counterpartsOf(settings)
  const before = await readBefore(file)
  const changed = before && (['stripe', 'panel'] as const).find((one) => before[one] !== now[one])
  if (before && changed && await hasOrders(db)) {
    throw new StartError(
      `The orders here were made with ${before[changed]}, and this start uses ${now[changed]}: ` +
        'deno task dev --reset starts over, or set the variables as they were',
    )
  }
  await Deno.writeTextFile(file, JSON.stringify(now))
}

function counterpartsOf({ stripe, panel }: Pick<Settings, 'stripe' | 'panel'>): Counterparts {
  return {
    stripe: stripe
      ? `the Stripe account of key ${fingerprint(stripe.secretKey)}`
      : 'the emulated Stripe',
    panel: panel ? `the panel at ${panel.url}` : 'the emulated panel',
  }
}

/** The keys of one account begin alike; what is shown tells nothing of the key. */
function fingerprint(secretKey: string): string {
  return createHash('sha256').update(secretKey.slice(0, 24)).digest('hex').slice(0, 8)
}

async function readBefore(file: string): Promise<Counterparts | undefined> {
  const text = await Deno.readTextFile(file).catch(() => undefined)
  return text ? JSON.parse(text) : undefined
}

async function hasOrders(db: Db): Promise<boolean> {
  const rows = await db.query(
    `SELECT id FROM orders UNION ALL SELECT stripe_customer_id FROM stripe_customers LIMIT 1`,
  )
  return rows.length > 0
}
