import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { MailFacts, MailTemplate } from './messages.ts'

export interface NewMail<T extends MailTemplate> {
  template: T
  to: { userId: string; email: string }
  /** What caused it, such as an order's id: one cause sends each template once. */
  causeId: string
  facts: MailFacts[T]
}

/** Puts a mail into the outbox in the transaction of its cause; false when it is there already. */
export async function queueMail<T extends MailTemplate>(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  { template, to, causeId, facts }: NewMail<T>,
): Promise<boolean> {
  const id = deps.newId('mail')
  const { affectedRows } = await tx.run(
    `INSERT INTO outbox (id, user_id, to_email, template, cause_id, facts, created_at)
     VALUES (?, ?, ?, ?, ?, ?, {now}) ON DUPLICATE KEY UPDATE id = id`,
    [id, to.userId, to.email, template, causeId, JSON.stringify(facts)],
  )
  return affectedRows === 1
}
