import type { Db } from '../db.ts'
import { type Check, duration, ok, warn } from './check.ts'

/** Backups are only backups once one was restored. */
export const restoreChecks: Check[] = [
  {
    id: 'backup.restored',
    what: 'The last restore of a backup',
    wanted: 'one within 30 days',
    mend:
      'Restore a backup elsewhere, run `deno task doctor --offline` there, and if all is well ' +
      '`deno task doctor --restored` here.',
    look: async ({ rows }) => {
      const [row] = await rows<{ seconds: number }>(
        `SELECT TIMESTAMPDIFF(SECOND, value, {now}) AS seconds FROM shop_settings
          WHERE name = 'restored_at'`,
      )
      if (!row) return warn('never')
      const ms = Number(row.seconds) * 1000
      const seen = `${duration(ms)} ago`
      return ms > THIRTY_DAYS_MS ? warn(seen) : ok(seen)
    },
  },
]

const THIRTY_DAYS_MS = 30 * 24 * 60 * 60_000

/** Writes down that a backup was restored and looked at now. */
export async function recordRestore(db: Db): Promise<void> {
  await db.run(
    `INSERT INTO shop_settings (name, value) VALUES ('restored_at', {now})
      ON DUPLICATE KEY UPDATE value = VALUES(value)`,
  )
}
