import { followEmail } from '../accounts/panel_account.ts'
import { mailResetLink } from '../accounts/recovery.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { sendMail } from '../mail/send.ts'
import { syncSwept } from '../payments/open_orders.ts'
import { endOrder, returnPayment } from '../payments/refund.ts'
import { syncOrder } from '../payments/sync.ts'
import { checkServer, recreateServer, verifyServer } from '../servers/check.ts'
import { deleteServer, retireServer } from '../servers/delete.ts'
import { provisionServer } from '../servers/provision.ts'
import { suspendServer } from '../servers/suspend.ts'
import type { JobPayloads } from './queue.ts'
import { runSweepJob } from './sweep.ts'

/** A job's work: may run twice, and may die between any two lines; it must not matter. */
export type Handlers = {
  [N in keyof JobPayloads]: (db: Db, payload: JobPayloads[N], attempts: number) => Promise<void>
}

/** Every job's handler: the one list. */
export function createHandlers(deps: Deps): Handlers {
  return {
    'payment.sync': (db, { orderId, swept }) =>
      swept ? syncSwept(db, deps, orderId) : syncOrder(db, deps, orderId),
    'subscription.cancel': async (_db, { subscriptionId }) => {
      await deps.payments.cancelSubscription(subscriptionId, `cancel:${subscriptionId}`)
    },
    'server.provision': (db, payload, attempts) => provisionServer(db, deps, payload, attempts),
    'server.check': (db, payload) => checkServer(db, deps, payload),
    'server.recreate': (db, payload) => recreateServer(db, deps, payload),
    'server.verify': (db, payload) => verifyServer(db, deps, payload),
    'server.delete': (db, payload) => deleteServer(db, deps, payload),
    'server.suspend': (db, payload) => suspendServer(db, deps, payload),
    'server.retire': (db, payload) => retireServer(db, deps, payload),
    'order.refund': (db, payload) => endOrder(db, deps, payload),
    'payment.return': (db, payload) => returnPayment(db, deps, payload),
    'mail.send': (db, payload, attempts) => sendMail(db, deps, payload, attempts),
    'password.recover': (db, payload) => mailResetLink(db, deps, payload),
    'panel.user-email': (db, payload) => followEmail(db, deps, payload),
    'alert.send': async (_db, { notificationId, notification }) => {
      await deps.alerter?.send(notificationId, notification)
    },
    sweep: (db, payload) => runSweepJob(db, deps, payload),
  }
}
