import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'

export interface AuditEntry {
  /** A user id; `anonymous` for who has not logged in; `system` for what nobody asked for. */
  actor: string
  /** noun.verb, such as `session.start`. */
  action: string
  /** The id of what it was done to. */
  subject: string
  requestId?: string
  /** Anything else worth reading later; never a secret, never an address. */
  detail?: Record<string, string | number | boolean | null>
}

/** Writes down who did what, in the transaction that does it. */
export async function audit(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  entry: AuditEntry,
): Promise<void> {
  await tx.run(
    `INSERT INTO audit_log (id, at, actor, action, subject, request_id, detail)
     VALUES (?, {now}, ?, ?, ?, ?, ?)`,
    [
      deps.newId('audit'),
      entry.actor,
      entry.action,
      entry.subject,
      entry.requestId ?? null,
      JSON.stringify(entry.detail ?? {}),
    ],
  )
}
