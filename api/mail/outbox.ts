import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Order } from '../orders/store.ts'
import { type MailTemplate, writeMail } from './messages.ts'

/**
 * Puts a mail into the outbox in the transaction of its cause, once per order and template. It goes
 * to the address the account has now.
 */
export async function queueMail(
  tx: Queryable,
  deps: Pick<Deps, 'newId' | 'config'>,
  { template, order, address }: { template: MailTemplate; order: Order; address?: string | null },
): Promise<void> {
  const [user] = await tx.query<{ email: string }>('SELECT email FROM users WHERE id = ?', [
    order.userId,
  ])
  if (!user) throw new Error(`Cannot write to the buyer as the account is gone: ${order.userId}`)
  const mail = writeMail(template, {
    shopName: deps.config.SHOP_NAME,
    orderUrl: `${deps.config.PUBLIC_URL}/orders/${order.id}`,
    serverName: order.serverName,
    planName: order.bought.planName,
    address: address ?? undefined,
  })
  await tx.run(
    `INSERT INTO mails
       (id, user_id, to_email, template, cause_id, subject, body_text, body_html, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, {now}) ON DUPLICATE KEY UPDATE id = id`,
    [
      deps.newId('mail'),
      order.userId,
      user.email,
      template,
      order.id,
      mail.subject,
      mail.text,
      mail.html,
    ],
  )
}
