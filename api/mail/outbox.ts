import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import type { MailFacts, MailTemplate } from './messages.ts'
import { insertMail } from './store.ts'

export interface NewMail<T extends MailTemplate> {
  template: T
  to: { userId: string; email: string }
  /** What caused it, such as an order's id: one cause sends each template once. */
  causeId: string
  facts: MailFacts[T]
  /** For a mail with a link that ends: how long it is of use. Sent later it would only mislead. */
  usefulForMs?: number
}

/**
 * Puts a mail into the outbox, and the job that sends it into the queue, in the transaction of its
 * cause. False, and nothing written, when this cause has sent this template before.
 */
export async function queueMail<T extends MailTemplate>(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  { template, to, causeId, facts, usefulForMs }: NewMail<T>,
): Promise<boolean> {
  const id = deps.newId('mail')
  const mail = { id, userId: to.userId, to: to.email, template, causeId, usefulForMs }
  if (!await insertMail(tx, { ...mail, facts: JSON.stringify(facts) })) return false
  await enqueue(tx, deps, 'mail.send', { mailId: id }, { topic: id })
  return true
}
