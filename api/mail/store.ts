import { microseconds, type Queryable } from '../db.ts'
import type { MailTemplate } from './messages.ts'

/** A mail that waits in the outbox. */
export interface WaitingMail {
  id: string
  to: string
  template: MailTemplate
  /** JSON: the facts of the template. */
  facts: string
  /** When it stops being of use; null if never. */
  expiresAt: Date | null
  /** Whether that moment has passed, by the database's clock. */
  expired: boolean
  /** Why it was not sent before; null at the first try. */
  lastError: string | null
  /** Milliseconds since it was written into the outbox. */
  ageMs: number
}

export interface NewMailRow extends Pick<WaitingMail, 'id' | 'to' | 'template' | 'facts'> {
  userId: string
  causeId: string
  /** From now until it is of no use any more. */
  usefulForMs: number | undefined
}

/** False when this cause has sent this template before. */
export async function insertMail(tx: Queryable, mail: NewMailRow): Promise<boolean> {
  await tx.run(
    `INSERT INTO outbox (id, user_id, to_email, template, cause_id, facts, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, {now}, IF(? IS NULL, NULL, {now} + INTERVAL ? MICROSECOND))
     ON DUPLICATE KEY UPDATE id = id`,
    [
      mail.id,
      mail.userId,
      mail.to,
      mail.template,
      mail.causeId,
      mail.facts,
      mail.usefulForMs ?? null,
      microseconds(mail.usefulForMs ?? 0),
    ],
  )
  // The driver counts a row that was there as affected, too.
  const [row] = await tx.query<{ id: string }>(
    'SELECT id FROM outbox WHERE cause_id = ? AND template = ?',
    [mail.causeId, mail.template],
  )
  return row?.id === mail.id
}

/** Undefined when it was sent or given up, or is not there. */
export async function findWaitingMail(
  db: Queryable,
  id: string,
): Promise<WaitingMail | undefined> {
  const [row] = await db.query<
    Omit<WaitingMail, 'expired' | 'ageMs'> & { expired: number | null; ageUs: number | string }
  >(
    `SELECT id, to_email AS \`to\`, template, facts, last_error AS lastError, expires_at AS expiresAt,
       expires_at <= {now} AS expired, TIMESTAMPDIFF(MICROSECOND, created_at, {now}) AS ageUs
      FROM outbox WHERE id = ? AND sent_at IS NULL AND given_up_at IS NULL`,
    [id],
  )
  return row && { ...row, expired: Boolean(row.expired), ageMs: Number(row.ageUs) / 1000 }
}

export async function recordSent(
  db: Queryable,
  id: string,
  providerId: string | undefined,
): Promise<void> {
  await db.run(
    `UPDATE outbox SET sent_at = {now}, provider_id = ?, last_error = NULL
      WHERE id = ? AND sent_at IS NULL`,
    [providerId ?? null, id],
  )
}

/** Says in the outbox why a mail waits. */
export async function recordMailWaits(db: Queryable, id: string, reason: string): Promise<void> {
  await db.run(
    'UPDATE outbox SET last_error = ? WHERE id = ? AND sent_at IS NULL AND given_up_at IS NULL',
    [reason.slice(0, 500), id],
  )
}

/** False when it was sent or given up meanwhile. */
export async function recordGivenUp(db: Queryable, id: string, reason: string): Promise<boolean> {
  const { affectedRows } = await db.run(
    `UPDATE outbox SET given_up_at = {now}, last_error = ?
      WHERE id = ? AND sent_at IS NULL AND given_up_at IS NULL`,
    [reason.slice(0, 500), id],
  )
  return affectedRows === 1
}

/** A quarter of a year of mails is enough to answer for; one that waits stays. */
export async function purgeMails(db: Queryable): Promise<void> {
  await db.run('DELETE FROM outbox WHERE sent_at < {now} - INTERVAL 90 DAY LIMIT 5000')
  await db.run(
    `DELETE FROM outbox WHERE sent_at IS NULL AND given_up_at < {now} - INTERVAL 90 DAY
      LIMIT 5000`,
  )
}
