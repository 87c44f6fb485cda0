import * as z from 'zod'
import { microseconds } from '../db.ts'
import { type Check, count, duration, fail, ok, type Seen, skip, some, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** Money and what became of it, in our own tables and at Stripe. */
export const orderChecks: Check[] = [
  {
    id: 'orders.any',
    what: 'Orders',
    wanted: 'one for each checkout that Stripe has',
    mend: 'The page sells elsewhere, or this is another database: see site.script and site.api.',
    network: true,
    look: lookAtAny,
  },
  {
    id: 'orders.undelivered',
    what: 'Paid orders without a server',
    wanted: 'none older than 15 min',
    mend:
      'Read why with `deno task orders show ORDER`; mend the cause, then `retry` or `refund` it.',
    look: lookAtUndelivered,
  },
  {
    id: 'orders.overdue',
    what: 'Refunds that are due',
    wanted: 'none: what was not delivered by its deadline is returned',
    mend: 'See jobs.waiting; then refund by hand with `deno task orders refund ORDER`.',
    look: lookAtOverdue,
  },
  {
    id: 'orders.review',
    what: 'Orders that wait for a person',
    wanted: 'none',
    mend: 'Look with `deno task orders show ORDER`, then `review ORDER --accept` or `--refund`.',
    look: async ({ rows }) => {
      const orders = await rows<{ id: string }>(
        "SELECT id FROM orders WHERE status = 'needs_review' ORDER BY created_at",
      )
      return orders.length ? warn(listed(orders)) : ok('none')
    },
  },
  {
    id: 'orders.open',
    what: 'Orders whose time to pay is long over',
    wanted: 'none: an open order ends with its session',
    mend: 'See jobs.waiting and sweeps.recent: nothing looks at Stripe. Or run ' +
      '`deno task orders sweep`.',
    look: async ({ rows }) => {
      const orders = await rows<{ id: string }>(
        `SELECT id FROM orders WHERE status = 'pending'
            AND expires_at < {now} - INTERVAL ? MICROSECOND ORDER BY created_at`,
        [microseconds(OPEN_MS)],
      )
      return orders.length ? warn(listed(orders)) : ok('none')
    },
  },
]

/** An install of some minutes and a few tries. */
const DELIVERY_MS = 15 * 60_000

/** Ten sweeps. */
const OPEN_MS = 10 * 60_000

/** The refund job may be at its next try. */
const REFUND_MS = 5 * 60_000

const Session = z.object({ id: z.string(), payment_status: z.string() })

/** The shop this one follows sold for weeks into a table that stayed empty. */
async function lookAtAny({ rows, stripeList }: Exam): Promise<Seen> {
  const [row] = await rows<{ n: number }>('SELECT COUNT(*) AS n FROM orders')
  const n = Number(row?.n ?? 0)
  if (n > 0) return ok(count(n, 'order'))
  const sessions = await stripeList('/v1/checkout/sessions', Session)
  const paid = sessions.filter(({ payment_status: status }) => status === 'paid')
  if (paid.length) return fail(`none, but ${count(paid.length, 'paid checkout session')} at Stripe`)
  if (sessions.length) {
    return warn(`none, but ${count(sessions.length, 'checkout session')} at Stripe`)
  }
  return skip('none yet, here or at Stripe')
}

interface Late {
  id: string
  status: string
  waitingFor: string | null
  seconds: number
}

async function lookAtUndelivered({ rows }: Exam): Promise<Seen> {
  const late = await rows<Late>(
    `SELECT id, status, waiting_for AS waitingFor,
        TIMESTAMPDIFF(SECOND, COALESCE(paid_at, created_at), {now}) AS seconds
      FROM orders WHERE status IN ('paid', 'provisioning', 'provision_failed')
        AND COALESCE(paid_at, created_at) < {now} - INTERVAL ? MICROSECOND
      ORDER BY paid_at`,
    [microseconds(DELIVERY_MS)],
  )
  if (late.length === 0) return ok('none')
  const lines = late.map(({ id, status, waitingFor, seconds }) =>
    `${id} (${waitingFor ? `waiting for ${waitingFor}` : status}, ${
      duration(Number(seconds) * 1000)
    })`
  )
  return fail(`${late.length}: ${some(lines, 3)}`)
}

async function lookAtOverdue({ rows }: Exam): Promise<Seen> {
  const orders = await rows<{ id: string }>(
    `SELECT id FROM orders WHERE refund_at < {now} - INTERVAL ? MICROSECOND
        AND status IN ('paid', 'provisioning', 'provision_failed') ORDER BY refund_at`,
    [microseconds(REFUND_MS)],
  )
  return orders.length ? fail(listed(orders)) : ok('none')
}

function listed(orders: { id: string }[]): string {
  return `${orders.length}: ${some(orders.map(({ id }) => id), 3)}`
}
