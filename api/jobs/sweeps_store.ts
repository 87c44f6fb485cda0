import { placeholders, type Queryable } from '../db.ts'

/** Writes down that a sweep went through, how far it looked and what it found. */
export async function recordSweep(
  db: Queryable,
  name: string,
  { watermark, found }: { watermark?: Date; found: number },
): Promise<void> {
  await db.run(
    `INSERT INTO sweeps (name, watermark, last_success_at, found) VALUES (?, ?, {now}, ?)
     ON DUPLICATE KEY UPDATE watermark = COALESCE(VALUES(watermark), watermark),
       last_success_at = VALUES(last_success_at), found = VALUES(found)`,
    [name, watermark ?? null, found],
  )
}

/** How far a sweep has looked; undefined when it never went through. */
export async function findWatermark(db: Queryable, name: string): Promise<Date | undefined> {
  const [row] = await db.query<{ watermark: Date | null }>(
    'SELECT watermark FROM sweeps WHERE name = ?',
    [name],
  )
  return row?.watermark ?? undefined
}

/** The minute's tick is never exact: a sweep that ran a little less than its time ago is due too. */
const EARLY_MS = 30_000

/** Of these sweeps, those whose time has come and that have no job: none waits, and none runs. */
export async function findSweepsDue<N extends string>(
  db: Queryable,
  sweeps: { name: N; everyMs: number }[],
): Promise<N[]> {
  const topics = sweeps.map(({ name }) => `sweep:${name}`)
  const stood = await db.query<{ name: string; us: number | string | null }>(
    'SELECT name, TIMESTAMPDIFF(MICROSECOND, last_success_at, {now}) AS us FROM sweeps',
  )
  const jobs = await db.query<{ topic: string }>(
    `SELECT topic FROM jobs WHERE status = 'ready' AND topic IN (${placeholders(topics)})`,
    topics,
  )
  return sweeps.filter(({ name, everyMs }) => {
    const us = stood.find((row) => row.name === name)?.us
    if (jobs.some((job) => job.topic === `sweep:${name}`)) return false
    return us == null || Number(us) / 1000 >= everyMs - EARLY_MS
  }).map(({ name }) => name)
}
