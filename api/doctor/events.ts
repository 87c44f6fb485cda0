import * as z from 'zod'
import { handledTypes } from '../payments/inbox.ts'
import { isLive } from '../config.ts'
import { microseconds, placeholders } from '../db.ts'
import { type Check, count, duration, fail, ok, type Seen, skip, some, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** Whether what Stripe tells arrives here, and is acted on. */
export const eventChecks: Check[] = [
  {
    id: 'events.received',
    what: 'Events from Stripe',
    wanted: 'some, once anybody has ordered',
    mend: 'See webhook.endpoint and webhook.reachable: nothing comes through that door.',
    look: lookAtReceived,
  },
  {
    id: 'events.missing',
    what: 'Events of the last 24 h that Stripe has and we do not',
    wanted: 'none',
    mend: 'See the webhook’s checks; then fetch each with `deno task orders replay EVENT`.',
    network: true,
    look: lookAtMissing,
  },
  {
    id: 'events.undelivered',
    what: 'Events that Stripe could not deliver',
    wanted: 'none older than 10 min',
    mend:
      'Look at the attempts in Stripe’s dashboard (Developers, Webhooks): a 400 means that the ' +
      'secret there is not in STRIPE_WEBHOOK_SECRETS.',
    network: true,
    look: lookAtUndelivered,
  },
  {
    id: 'events.foreign',
    what: 'Events that are not for this shop',
    wanted: 'none of another mode or account, and none unreadable',
    mend: 'Remove the endpoint of the other mode or account at Stripe, or correct its URL.',
    look: lookAtForeign,
  },
  {
    id: 'events.stuck',
    what: 'Events that are not acted on',
    wanted: 'none dead, none waiting for more than 10 min',
    mend: 'Read the last error, mend its cause, then `deno task orders replay EVENT`.',
    look: lookAtStuck,
  },
]

const DAY_MS = 24 * 60 * 60_000

/** Stripe tries again after minutes; the sweep fetches what it gave up. */
const SETTLED_MS = 10 * 60_000

/** As many as Stripe takes in one call. */
const TYPES_PER_CALL = 20

/** Five pages: a shop with more events a day has people who look at graphs. */
const PAGES = 5

async function lookAtReceived({ rows }: Exam): Promise<Seen> {
  const [row] = await rows<{ n: number; seconds: number | null; checkouts: number }>(
    `SELECT COUNT(*) AS n, TIMESTAMPDIFF(SECOND, MAX(received_at), {now}) AS seconds,
        (SELECT COUNT(*) FROM checkout_sessions WHERE status <> 'open') AS checkouts
      FROM stripe_events`,
  )
  const n = Number(row?.n ?? 0)
  if (n > 0) {
    return ok(`${count(n, 'event')}, the last ${duration(Number(row?.seconds) * 1000)} ago`)
  }
  const checkouts = Number(row?.checkouts ?? 0)
  if (checkouts) return fail(`none, though ${count(checkouts, 'checkout')} ended`)
  return skip('none yet: nobody has ordered')
}

const Event = z.object({ id: z.string(), type: z.string(), created: z.number() })

/** The events we act on, of the last day, but for those of the last minutes. */
async function recentEvents(exam: Exam, more = '') {
  const { now, stripeList } = exam
  const [from, to] = [DAY_MS, SETTLED_MS].map((ms) => Math.floor((now().getTime() - ms) / 1000))
  const types = [...handledTypes]
  const calls = Array.from({ length: Math.ceil(types.length / TYPES_PER_CALL) }, (_, i) => {
    const part = types.slice(i * TYPES_PER_CALL, (i + 1) * TYPES_PER_CALL)
    const query = part.map((type, n) => `types[${n}]=${type}`).join('&')
    return stripeList(
      `/v1/events?${query}&created[gte]=${from}&created[lte]=${to}${more}`,
      Event,
      PAGES,
    )
  })
  return (await Promise.all(calls)).flat()
}

async function lookAtMissing(exam: Exam): Promise<Seen> {
  const events = await recentEvents(exam)
  const missing = new Set(events.map(({ id }) => id))
  // As many as a statement should name at most.
  for (let at = 0; at < events.length; at += 500) {
    const ids = events.slice(at, at + 500).map(({ id }) => id)
    const known = await exam.rows<{ id: string }>(
      `SELECT id FROM stripe_events WHERE id IN (${placeholders(ids)})`,
      ids,
    )
    for (const { id } of known) missing.delete(id)
  }
  return missing.size
    ? fail(`${missing.size}: ${some([...missing])}`)
    : ok(`none of ${events.length}`)
}

async function lookAtUndelivered(exam: Exam): Promise<Seen> {
  const events = await recentEvents(exam, '&delivery_success=false')
  if (events.length === 0) return ok('none')
  return fail(`${events.length}: ${some(events.map(({ id, type }) => `${id} (${type})`), 3)}`)
}

async function lookAtForeign({ rows, settings }: Exam): Promise<Seen> {
  const flags = await rows<{ flag: string; n: number }>(
    `SELECT flag, COUNT(*) AS n FROM stripe_events
      WHERE flag IN ('livemode', 'account', 'unreadable')
        AND received_at > {now} - INTERVAL ? MICROSECOND GROUP BY flag ORDER BY flag`,
    [microseconds(7 * DAY_MS)],
  )
  const mode = settings.STRIPE_SECRET_KEY &&
    isLive({ STRIPE_SECRET_KEY: settings.STRIPE_SECRET_KEY })
  const words: Record<string, string> = {
    livemode: mode ? 'in test mode' : 'in live mode',
    account: 'of another account',
    unreadable: 'unreadable',
  }
  const seen = flags.map(({ flag, n }) => `${n} ${words[flag] ?? flag}`)
  return seen.length ? warn(`${some(seen)} in 7 days`) : ok('none in 7 days')
}

async function lookAtStuck({ rows }: Exam): Promise<Seen> {
  const events = await rows<{ id: string; status: string; lastError: string | null }>(
    `SELECT id, status, last_error AS lastError FROM stripe_events
      WHERE status = 'dead' OR (status = 'ready' AND run_at < {now} - INTERVAL ? MICROSECOND)
      ORDER BY received_at LIMIT 50`,
    [microseconds(SETTLED_MS)],
  )
  if (events.length === 0) return ok('none')
  const lines = events.map(({ id, status, lastError }) =>
    `${id} ${status}: ${lastError ?? 'not tried'}`
  )
  return fail(`${events.length}: ${some(lines, 2)}`)
}
