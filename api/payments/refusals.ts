import type { Queryable } from '../db.ts'

/** Notes that a delivery to the webhook was refused for its signature. */
export async function countRefusal(db: Queryable): Promise<void> {
  await db.run(
    `INSERT INTO webhook_refusals (minute, refused)
     VALUES (DATE_FORMAT({now}, '%Y-%m-%d %H:%i:00'), 1)
     ON DUPLICATE KEY UPDATE refused = refused + 1`,
  )
}

export async function purgeRefusals(db: Queryable): Promise<void> {
  await db.run('DELETE FROM webhook_refusals WHERE minute < {now} - INTERVAL 1 DAY LIMIT 1000')
}
