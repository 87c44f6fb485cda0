import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from './queue.ts'
import { BATCH, noJob, pages } from './pages.ts'
import type { Swept } from './sweep.ts'

/** What should be moving and has no job gets one. */
export async function sweepLostJobs(db: Db, deps: Deps): Promise<Swept> {
  return {
    found: {
      undelivered: await sweepUndelivered(db, deps),
      overdue: await sweepOverdue(db, deps),
      deleting: await sweepDeleting(db, deps),
    },
  }
}

/** An order with money and without a server always has a job. */
async function sweepUndelivered(db: Queryable, deps: Deps): Promise<number> {
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
  let found = 0
  for await (const { id, status, there } of pages(servers)) {
    found++
    deps.log.error('an order was without a job', { serverId: id })
    await enqueue(db, deps, missingJob(status, Boolean(there)), { serverId: id }, { topic: id })
  }
  return found
}

/** The deadline holds even when its job was lost. */
async function sweepOverdue(db: Queryable, deps: Deps): Promise<number> {
  const orders = (after: string) =>
    db.query<{ id: string }>(
      `SELECT id FROM orders WHERE id > ? AND refund_at <= {now}
          AND status IN ('paid', 'provisioning', 'provision_failed')
          AND ${noJob('order.refund', 'orders.id')}
        ORDER BY id LIMIT ${BATCH}`,
      [after],
    )
  let found = 0
  for await (const { id } of pages(orders)) {
    found++
    await enqueue(db, deps, 'order.refund', { orderId: id }, { topic: id })
  }
  return found
}

async function sweepDeleting(db: Queryable, deps: Deps): Promise<number> {
  const servers = (after: string) =>
    db.query<{ id: string }>(
      `SELECT s.id FROM servers s
        WHERE s.id > ? AND s.status = 'deleting' AND ${noJob('server.delete', 's.id')}
        ORDER BY s.id LIMIT ${BATCH}`,
      [after],
    )
  let found = 0
  for await (const { id } of pages(servers)) {
    found++
    await enqueue(db, deps, 'server.delete', { serverId: id }, { topic: id })
  }
  return found
}

/** The job that moves a server on that is not active yet. */
export function missingJob(status: string, there: boolean) {
  if (status === 'install_failed') return 'server.recreate'
  return there ? 'server.check' : 'server.provision'
}
