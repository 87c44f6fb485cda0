import { purgeLoginDelays } from '../accounts/login_delays.ts'
import { purgeMailTokens } from '../accounts/mail_tokens.ts'
import { purgeRateLimits } from '../accounts/rate_limits.ts'
import { purgeSessions } from '../accounts/store.ts'
import { purgeIdempotencyKeys } from '../checkout/store.ts'
import { microseconds, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { purgeMails } from '../mail/store.ts'
import { createHandlers } from './handlers.ts'
import { sweepJobAlerts } from './job_alerts.ts'
import { enqueue, type JobName, purgeJobs } from './queue.ts'

/** A buyer who pays is synced by the webhook at once; the sweep is for those whose webhook never came. */
const SETTLE_MS = 60_000

/** Nodes and eggs change by hand, a few times a day. */
const SNAPSHOT_MS = 10 * 60_000

/** Enough for a minute's work, small enough for one transaction. */
const BATCH = 200

/**
 * Each minute: asks for every open order to be held against Stripe, and for every order that
 * should be getting a server to have a job for it. Finds what a lost webhook or a lost job left.
 */
export async function sweep(db: Queryable, deps: Deps): Promise<void> {
  await sweepOpenOrders(db, deps)
  await sweepUndelivered(db, deps)
  await sweepOverdue(db, deps)
  await sweepDeleting(db, deps)
  await sweepMails(db, deps)
  await sweepJobAlerts(db, deps, Object.keys(createHandlers(deps)))
  await purgeRateLimits(db)
  await purgeLoginDelays(db)
  await purgeMailTokens(db)
  await purgeSessions(db)
  await purgeIdempotencyKeys(db)
  await purgeMails(db)
  await purgeJobs(db)
  await enqueue(db, deps, 'panel.snapshot', {}, { topic: 'panel', delayMs: SNAPSHOT_MS })
}

async function sweepOpenOrders(db: Queryable, deps: Deps): Promise<void> {
  const orders = (after: string) =>
    db.query<{ id: string }>(
      `SELECT o.id FROM orders o
        WHERE o.id > ? AND (o.status IN ('pending', 'payment_processing') OR (o.status <> 'pending'
          AND EXISTS (SELECT 1 FROM checkout_sessions c
            WHERE c.order_id = o.id AND c.status IN ('open', 'processing', 'failed'))))
          AND o.created_at < {now} - INTERVAL ? MICROSECOND AND ${noJob('payment.sync', 'o.id')}
        ORDER BY o.id LIMIT ${BATCH}`,
      [after, microseconds(SETTLE_MS)],
    )
  for await (const { id } of pages(orders)) {
    await enqueue(db, deps, 'payment.sync', { orderId: id }, { topic: id })
  }
}

/** An order with money and without a server always has a job. */
async function sweepUndelivered(db: Queryable, deps: Deps): Promise<void> {
  const servers = (after: string) =>
    db.query<{ id: string; status: string; there: number }>(
      `SELECT s.id, s.status, s.ptero_server_id IS NOT NULL AS there
        FROM servers s JOIN orders o ON o.id = s.order_id
        WHERE s.id > ? AND s.status IN ('pending', 'installing', 'install_failed')
          AND o.status IN ('paid', 'provisioning', 'provision_failed')
          AND ${noJob('server.provision', 's.id')} AND ${noJob('server.check', 's.id')}
          AND ${noJob('server.recreate', 's.id')}
        ORDER BY s.id LIMIT ${BATCH}`,
      [after],
    )
  for await (const { id, status, there } of pages(servers)) {
    deps.log.error('an order was without a job', { serverId: id })
    await enqueue(db, deps, missingJob(status, Boolean(there)), { serverId: id }, { topic: id })
  }
}

/** The deadline holds even when its job was lost. */
async function sweepOverdue(db: Queryable, deps: Deps): Promise<void> {
  const orders = (after: string) =>
    db.query<{ id: string }>(
      `SELECT id FROM orders WHERE id > ? AND refund_at <= {now}
          AND status IN ('paid', 'provisioning', 'provision_failed')
          AND ${noJob('order.refund', 'orders.id')}
        ORDER BY id LIMIT ${BATCH}`,
      [after],
    )
  for await (const { id } of pages(orders)) {
    await enqueue(db, deps, 'order.refund', { orderId: id }, { topic: id })
  }
}

async function sweepDeleting(db: Queryable, deps: Deps): Promise<void> {
  const servers = (after: string) =>
    db.query<{ id: string }>(
      `SELECT s.id FROM servers s
        WHERE s.id > ? AND s.status = 'deleting' AND ${noJob('server.delete', 's.id')}
        ORDER BY s.id LIMIT ${BATCH}`,
      [after],
    )
  for await (const { id } of pages(servers)) {
    await enqueue(db, deps, 'server.delete', { serverId: id }, { topic: id })
  }
}

/** A mail that is still to be sent always has a job; one whose job died waits for a person. */
async function sweepMails(db: Queryable, deps: Deps): Promise<void> {
  const mails = (after: string) =>
    db.query<{ id: string }>(
      `SELECT id FROM outbox
        WHERE id > ? AND sent_at IS NULL AND given_up_at IS NULL
          AND ${noJob('mail.send', 'outbox.id', ['ready', 'dead'])}
        ORDER BY id LIMIT ${BATCH}`,
      [after],
    )
  for await (const { id } of pages(mails)) {
    deps.log.error('a mail was without a job', { mailId: id })
    await enqueue(db, deps, 'mail.send', { mailId: id }, { topic: id })
  }
}

/** True in SQL when no such job waits or runs: one that waits keeps its own time. */
function noJob(name: JobName, id: string, statuses = ['ready']): string {
  const among = statuses.map((status) => `'${status}'`).join(', ')
  return `NOT EXISTS (SELECT 1 FROM jobs j
    WHERE j.status IN (${among}) AND j.topic = CONCAT('${name}:', ${id}))`
}

/** The job that moves a server on that is not active yet. */
export function missingJob(status: string, there: boolean) {
  if (status === 'install_failed') return 'server.recreate'
  return there ? 'server.check' : 'server.provision'
}

async function* pages<R extends { id: string }>(
  read: (after: string) => Promise<R[]>,
): AsyncGenerator<R> {
  for (let after = '';;) {
    const rows = await read(after)
    yield* rows
    const last = rows.at(-1)
    if (!last || rows.length < BATCH) return
    after = last.id
  }
}
