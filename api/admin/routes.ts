import { type Context, Hono } from 'hono'
import type { SignedInEnv } from '../accounts/signed_in.ts'
import { checkOwner } from '../accounts/step_up.ts'
import { requireUser } from '../accounts/users.ts'
import { wordsOf } from '../alerts/kinds.ts'
import type { Deps } from '../deps.ts'
import { examine, exitCodeOf } from '../doctor/doctor.ts'
import { extendDeadline, refundOrder, resolveReview, retryOrder } from '../orders/operator.ts'
import { PanelError } from '../panel/panel.ts'
import { PaymentsError } from '../payments/payments.ts'
import { Problem } from '../problem.ts'
import { jsonBody } from '../validate.ts'
import { attachServer } from './attach.ts'
import type { AlertsBody, DoneBody, ReportBody } from './bodies.ts'
import { requireOperator } from './operator.ts'
import { readOrderFile } from './order_file.ts'
import { listOrders, listStuckOrders } from './orders_list.ts'
import { replayEvent } from './replay.ts'
import { AttachServer, ExtendOrder, RefundOrder, ReviewOrder } from './requests.ts'
import { listOpenAlerts } from './store.ts'

const ORDER_ID = 'ord_[0-9a-z]{26}'
const EVENT_ID = 'evt_[0-9A-Za-z_]{1,120}'

const HOUR_MS = 3_600_000

/** What operators see and do; to everybody else there is nothing here. */
export function adminRoutes(deps: Deps) {
  return new Hono<SignedInEnv>()
    .use(requireOperator)
    .get('/doctor', async (c) => {
      const findings = await examine({
        settings: deps.config,
        problems: [],
        db: c.var.db,
        fetch: globalThis.fetch,
        now: deps.now,
      })
      return c.json<ReportBody>({ exitCode: exitCodeOf(findings), findings })
    })
    .get('/alerts', async (c) => {
      const alerts = await listOpenAlerts(c.var.db)
      return c.json<AlertsBody>({ alerts: alerts.map(withWords) })
    })
    .get('/orders', async (c) => {
      const isStuck = c.req.query('stuck') !== undefined
      const orders = await (isStuck ? listStuckOrders(c.var.db) : listOrders(c.var.db))
      return c.json({ orders })
    })
    .get(`/orders/:id{${ORDER_ID}}`, async (c) => {
      const file = await readOrderFile(c.var.db, deps, c.req.param('id'))
      if (!file) throw new Problem('not-found', { detail: 'There is no such order.' })
      return c.json(file)
    })
    .post(`/orders/:id{${ORDER_ID}}/retry`, async (c) => {
      return c.json<DoneBody>({ did: await retryOrder(c.var.db, deps, about(c)) })
    })
    .post(`/orders/:id{${ORDER_ID}}/extend`, jsonBody(ExtendOrder), async (c) => {
      const byMs = Math.round(c.req.valid('json').byHours * HOUR_MS)
      return c.json<DoneBody>({ did: await extendDeadline(c.var.db, deps, { ...about(c), byMs }) })
    })
    .post(`/orders/:id{${ORDER_ID}}/refund`, jsonBody(RefundOrder), async (c) => {
      const { reason, currentPassword } = c.req.valid('json')
      await stepUp(c, deps, currentPassword)
      return c.json<DoneBody>({ did: await refundOrder(c.var.db, deps, { ...about(c), reason }) })
    })
    .post(`/orders/:id{${ORDER_ID}}/review`, jsonBody(ReviewOrder), async (c) => {
      const body = c.req.valid('json')
      const accept = body.decision === 'accept'
      if (body.decision === 'refund') await stepUp(c, deps, body.currentPassword)
      return c.json<DoneBody>({ did: await resolveReview(c.var.db, deps, { ...about(c), accept }) })
    })
    .post(`/orders/:id{${ORDER_ID}}/attach`, jsonBody(AttachServer), async (c) => {
      const { panelServer } = c.req.valid('json')
      const wanted = { ...about(c), panelServer, requestId: c.var.requestId }
      return c.json<DoneBody>({ did: await answering(attachServer(c.var.db, deps, wanted)) })
    })
    .post(`/events/:id{${EVENT_ID}}/replay`, async (c) => {
      const { requestId, signedIn: { userId: actor } } = c.var
      const wanted = { eventId: c.req.param('id'), actor, requestId }
      return c.json<DoneBody>({ did: await answering(replayEvent(c.var.db, deps, wanted)) })
    })
}

function about(c: Context<SignedInEnv, string>): { orderId: string; actor: string } {
  return { orderId: c.req.param('id') ?? '', actor: c.var.signedIn.userId }
}

async function stepUp(c: Context<SignedInEnv>, deps: Deps, password: string): Promise<void> {
  const user = await requireUser(c.var.db, c.var.signedIn.userId)
  const { requestId } = c.var
  await checkOwner(c.var.db, deps, { user, password, address: deps.clientAddress(c), requestId })
}

/** An operator reads what the panel or Stripe said. */
async function answering(work: Promise<string[]>): Promise<string[]> {
  try {
    return await work
  } catch (error) {
    const detail = error instanceof Error ? error.message : ''
    if (error instanceof PanelError) {
      throw new Problem('panel-unavailable', { detail, retryAfter: 60 })
    }
    if (!(error instanceof PaymentsError)) throw error
    throw new Problem('payments-unavailable', { detail, retryAfter: 60 })
  }
}

function withWords(alert: Awaited<ReturnType<typeof listOpenAlerts>>[number]) {
  const { means, mend } = wordsOf(alert.kind)
  return {
    ...alert,
    means,
    mend,
    firstSeenAt: alert.firstSeenAt.toISOString(),
    lastSeenAt: alert.lastSeenAt.toISOString(),
    confirmedAt: alert.confirmedAt?.toISOString() ?? null,
    notifiedAt: alert.notifiedAt?.toISOString() ?? null,
  }
}
