import type { Queryable } from '../db.ts'

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
