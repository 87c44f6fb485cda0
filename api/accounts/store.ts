import type { Queryable } from '../db.ts'
import type { SignedIn } from '../deps.ts'

/** True while the session was neither revoked nor reached its absolute end. */
export async function isSessionLive(db: Queryable, session: SignedIn): Promise<boolean> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM sessions
      WHERE id = ? AND user_id = ? AND revoked_at IS NULL AND expires_at > {now}`,
    [session.sessionId, session.userId],
  )
  return rows.length === 1
}
