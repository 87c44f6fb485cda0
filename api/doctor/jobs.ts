import { microseconds } from '../db.ts'
import { everyMsOf } from '../jobs/sweep.ts'
import { type Check, count, duration, fail, ok, type Seen, skip, some, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** The work that is to be done, and whether anybody does it. */
export const jobChecks: Check[] = [
  {
    id: 'jobs.waiting',
    what: 'Jobs that are due',
    wanted: 'none that has been due for more than 5 min',
    mend: 'Start the shop with RUN_JOBS=on, or on Workers deploy the cron trigger.',
    look: lookAtWaiting,
  },
  {
    id: 'jobs.dead',
    what: 'Jobs that were given up',
    wanted: 'none',
    mend: 'Read the error and mend its cause; then `deno task orders retry ORDER`.',
    look: lookAtDead,
  },
  {
    id: 'sweeps.recent',
    what: 'The sweeps',
    wanted: 'each went through within its own time and half an hour',
    mend: 'See jobs.dead and the log for why; run one by hand with `deno task orders sweep NAME`.',
    look: lookAtSweeps,
  },
  {
    id: 'alerts.told',
    what: 'Who is told of alerts',
    wanted: 'ALERT_EMAIL or ALERT_WEBHOOK_URL',
    mend: 'Set one of them: until then alerts stand in `GET /api/admin/alerts` and the log alone.',
    look: ({ settings: { ALERT_EMAIL = [], ALERT_WEBHOOK_URL } }) => {
      const ways = [
        ...(ALERT_EMAIL.length ? ['mail'] : []),
        ...(ALERT_WEBHOOK_URL ? ['webhook'] : []),
      ]
      return ways.length ? ok(ways.join(' and ')) : warn('nobody')
    },
  },
  {
    id: 'alerts.open',
    what: 'Open alerts',
    wanted: 'none',
    mend: 'Do what each alert says: `GET /api/admin/alerts`, or the mail that came with it.',
    look: async ({ rows }) => {
      const alerts = await rows<{ kind: string; subject: string }>(
        `SELECT kind, subject FROM alerts WHERE resolved_at IS NULL AND confirmed_at IS NOT NULL
          ORDER BY first_seen_at LIMIT 200`,
      )
      const lines = alerts.map(({ kind, subject }) => `${kind} (${subject})`)
      return lines.length ? warn(`${lines.length}: ${some(lines, 3)}`) : ok('none')
    },
  },
]

const WAITING_MS = 5 * 60_000

async function lookAtWaiting({ rows }: Exam): Promise<Seen> {
  const [row] = await rows<{ n: number; seconds: number | null }>(
    `SELECT COUNT(*) AS n, TIMESTAMPDIFF(SECOND, MIN(run_at), {now}) AS seconds
      FROM jobs WHERE status = 'ready' AND run_at < {now} - INTERVAL ? MICROSECOND`,
    [microseconds(WAITING_MS)],
  )
  const n = Number(row?.n ?? 0)
  if (n === 0) return ok('none')
  return fail(
    `${n}, the oldest for ${duration(Number(row?.seconds) * 1000)}: nobody drains the queue`,
  )
}

async function lookAtDead({ rows }: Exam): Promise<Seen> {
  const jobs = await rows<{ topic: string; lastError: string | null }>(
    `SELECT topic, last_error AS lastError FROM jobs WHERE status = 'dead'
      ORDER BY finished_at DESC LIMIT 50`,
  )
  const lines = jobs.map(({ topic, lastError }) => `${topic}: ${lastError ?? 'no error'}`)
  return lines.length ? fail(`${count(lines.length, 'job')}: ${some(lines, 2)}`) : ok('none')
}

/** What is looked at each minute may miss some; what is looked at each day may not. */
const LATE_MS = 30 * 60_000

async function lookAtSweeps({ rows }: Exam): Promise<Seen> {
  const sweeps = await rows<{ name: string; seconds: number | null }>(
    `SELECT name, TIMESTAMPDIFF(SECOND, last_success_at, {now}) AS seconds FROM sweeps ORDER BY name`,
  )
  if (sweeps.length === 0) return skip('none has run yet')
  const late = sweeps.filter(({ name, seconds }) => {
    const everyMs = everyMsOf(name)
    return everyMs !== undefined && Number(seconds) * 1000 > everyMs + LATE_MS
  })
  const lines = late.map(({ name, seconds }) => `${name} ${duration(Number(seconds) * 1000)} ago`)
  return lines.length ? fail(`last through: ${some(lines)}`) : ok(count(sweeps.length, 'sweep'))
}
