import type { Context, Next } from 'hono'
import type { SignedInEnv } from '../accounts/signed_in.ts'
import type { Queryable } from '../db.ts'
import type { SignedIn } from '../deps.ts'
import { Problem } from '../problem.ts'

/**
 * Lets operators through, and says to all others that there is nothing here. Role and session are
 * read from the database with every request, reads too: whoever is no operator any more, or whose
 * session was ended, is out at once, whatever a token says.
 */
export async function requireOperator(c: Context<SignedInEnv>, next: Next): Promise<void> {
  const { signedIn } = c.var
  if (!signedIn || !await isOperator(c.var.db, signedIn)) throw new Problem('not-found')
  await next()
}

async function isOperator(db: Queryable, { userId, sessionId }: SignedIn): Promise<boolean> {
  const rows = await db.query(
    `SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = ? AND s.user_id = ? AND s.revoked_at IS NULL AND s.expires_at > {now}
        AND u.role = 'operator'`,
    [sessionId, userId],
  )
  return rows.length === 1
}
