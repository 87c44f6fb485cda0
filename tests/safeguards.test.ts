import Stripe from 'stripe'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { holdCapacity, releaseCapacity } from '../api/checkout/capacity.ts'
import type { Db } from '../api/db.ts'
import { enqueue } from '../api/jobs/queue.ts'
import { runDue } from '../api/jobs/run.ts'
import { sweep, sweepNames } from '../api/jobs/sweep.ts'
import { STRIPE_KEY, WEBHOOK_SECRET } from './support/environment.ts'
import { failNext, forgetCircuit, panelAway, withholdWebhooks } from './support/faults.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(async () => {
  shop.intercept.stripe = undefined
  shop.intercept.panel = undefined
  shop.faults.clear()
  await forgetCircuit(shop)
})

afterAll(() => shop.stop())

async function statusOf(orderId: string) {
  const [row] = await shop.db.query<{ order: string; server: string; waitingFor: string | null }>(
    `SELECT o.status AS \`order\`, s.status AS server, o.waiting_for AS waitingFor FROM orders o
      LEFT JOIN servers s ON s.order_id = o.id WHERE o.id = ?`,
    [orderId],
  )
  return row
}

async function paidOrder(changes: Record<string, unknown> = {}) {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer, changes)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId)
  await shop.drain()
  return { customer, orderId, sessionId }
}

async function later(ms: number): Promise<void> {
  shop.clock.advance(ms)
  await shop.drain()
}

async function deliver(payload: string, change = (header: string) => header, skew = 0) {
  const header = await Stripe.webhooks.generateTestHeaderStringAsync({
    payload,
    secret: WEBHOOK_SECRET,
    timestamp: Math.floor(shop.clock.now().getTime() / 1000) + skew,
  })
  return await fetch(`${shop.url}/api/stripe/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': change(header) },
    body: payload,
  }).then(async (response) => {
    await response.body?.cancel()
    return response.status
  })
}

function eventBody(changes: Record<string, unknown>): string {
  return JSON.stringify({
    id: `evt_${crypto.randomUUID().replaceAll('-', '')}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: Math.floor(shop.clock.now().getTime() / 1000),
    livemode: false,
    type: 'checkout.session.completed',
    data: { object: { id: 'cs_test_nobody', object: 'checkout.session' } },
    ...changes,
  })
}

// ---- webhook.test.ts

test('an event that cannot be stored is not acknowledged, and is taken when Stripe sends it again', async () => {
  const payload = eventBody({})
  await shop.db.run('RENAME TABLE stripe_events TO stripe_events_away')
  const status = await deliver(payload).finally(() =>
    shop.db.run('RENAME TABLE stripe_events_away TO stripe_events')
  )
  expect(status).toBeGreaterThanOrEqual(500)
  expect(await deliver(payload)).toBe(200)
  const { id } = JSON.parse(payload)
  expect(await shop.db.query('SELECT id FROM stripe_events WHERE id = ?', [id])).toHaveLength(1)
})

test('the 200 to an event means that it is stored', async () => {
  for (let i = 0; i < 20; i++) {
    const payload = eventBody({ type: 'customer.tax_id.created' })
    expect(await deliver(payload)).toBe(200)
    const { id } = JSON.parse(payload)
    expect(await shop.db.query('SELECT id FROM stripe_events WHERE id = ?', [id])).toHaveLength(1)
  }
})

test('a signature with two times is refused, whichever of them is now', async () => {
  const now = Math.floor(shop.clock.now().getTime() / 1000)
  expect(await deliver(eventBody({}), (header) => `t=${now},${header}`, 10_000)).toBe(400)
})

test('our subscription is what Stripe says when an event speaks of it, or of its invoice', async () => {
  const { orderId, sessionId } = await paidOrder()
  const session = await shop.deps.payments.getCheckoutSession(sessionId)
  const id = session?.subscription?.id ?? ''
  const mirrored = async () =>
    (await shop.db.query<{ status: string }>(
      'SELECT status FROM subscriptions WHERE order_id = ?',
      [
        orderId,
      ],
    ))[0]?.status
  expect(await mirrored()).toBe('active')
  await shop.db.run("UPDATE subscriptions SET status = 'past_due' WHERE id = ?", [id])
  const parent = { type: 'subscription_details', subscription_details: { subscription: id } }
  const object = { id: 'in_1', object: 'invoice', parent }
  expect(await deliver(eventBody({ type: 'invoice.paid', data: { object } }))).toBe(200)
  await shop.drain()
  expect(await mirrored()).toBe('active')
  await shop.deps.payments.cancelSubscription(id, `test:${id}`)
  await shop.drain()
  expect(await mirrored()).toBe('canceled')
})

// ---- money.test.ts

test('a discount that nobody offered is held for review', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  shop.intercept.stripe = async (request, next) => {
    const response = await next(request)
    if (request.method !== 'GET' || !request.url.includes('/v1/checkout/sessions/cs_')) {
      return response
    }
    const session = await response.json()
    session.total_details = { ...session.total_details, amount_discount: 100 }
    session.amount_total -= 100
    return Response.json(session, { headers: response.headers })
  }
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  const [event] = await shop.db.query<{ cause: string }>(
    "SELECT cause FROM order_events WHERE order_id = ? AND kind = 'order.needs_review'",
    [orderId],
  )
  expect(JSON.parse(event?.cause ?? '{}').differences).toEqual(['discount'])
})

test('a payment seen by five at the same moment is taken once, and none of them fails', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  withholdWebhooks(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => customer.post(`/api/orders/${orderId}/sync`)),
  )
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200])
  const rows = await shop.db.query(
    "SELECT id FROM order_events WHERE order_id = ? AND kind = 'order.paid'",
    [orderId],
  )
  expect(rows).toHaveLength(1)
})

// ---- run.test.ts

const cancelJob = (id: string) =>
  enqueue(shop.db, shop.deps, 'subscription.cancel', { subscriptionId: id }, {
    topic: id,
  })

async function jobOf(topic: string) {
  const [row] = await shop.db.query<
    { status: string; attempts: number; error: string | null; waitsMs: number }
  >(
    `SELECT status, attempts, last_error AS error,
       TIMESTAMPDIFF(MICROSECOND, {now}, run_at) / 1000 AS waitsMs
      FROM jobs WHERE topic = ? ORDER BY id DESC LIMIT 1`,
    [topic],
  )
  return row && { ...row, waitsMs: Number(row.waitsMs) }
}

/** Stripe refuses all that is asked of a subscription; gives how often its end was asked for. */
function stripeRefuses(id: string, message: string): () => number {
  const fault = { name: 'status', status: 400, message } as const
  const call = `/v1/subscriptions/${id}`
  const ended = shop.faults.order({ on: { service: 'stripe', call: `DELETE ${call}` }, fault })
  shop.faults.order({ on: { service: 'stripe', call }, fault })
  return () => ended.fired
}

/** A job that can never end well, as its payload is none. */
async function poison(topic: string, name = 'password.recover'): Promise<void> {
  await shop.db.run(
    `INSERT INTO jobs (id, name, payload, topic, status, run_at, attempts, created_at)
     VALUES (?, ?, '{', ?, 'ready', {now}, 0, {now})`,
    [shop.deps.newId('job'), name, topic],
  )
}

async function openAlerts(kind: string): Promise<string[]> {
  const rows = await shop.db.query<{ subject: string }>(
    'SELECT subject FROM alerts WHERE kind = ? AND resolved_at IS NULL AND confirmed_at IS NOT NULL',
    [kind],
  )
  return rows.map(({ subject }) => subject)
}

test('a job that failed twelve times is dead, a person is told, and it is not run again', async () => {
  await poison('poison')
  for (let i = 0; i < 20; i++) await later(2 * HOUR_MS)
  expect(await jobOf('poison')).toMatchObject({ status: 'dead', attempts: 12 })
  const said = shop.lines.filter((line) =>
    line.includes('job is dead') && line.includes('"password.recover"')
  )
  expect(said).toHaveLength(1)
  expect(await openAlerts('job_dead')).toEqual(['poison'])
  await shop.sweep()
  expect(await openAlerts('job_dead')).toEqual(['poison'])
  await shop.db.run("DELETE FROM jobs WHERE topic = 'poison'")
  await shop.sweep()
  expect(await openAlerts('job_dead')).toEqual([])
})

test('what the promise rests on never dies: it goes on each hour, and a person is told', async () => {
  const calls = stripeRefuses('sub_kept', 'no')
  await cancelJob('sub_kept')
  const promised = ['payment.sync', 'order.refund', 'server.provision', 'server.check']
  for (const name of promised) await poison(`${name}:broken`, name)
  for (let i = 0; i < 14; i++) await later(2 * HOUR_MS)
  expect(calls()).toBe(14)
  for (const name of promised) {
    expect(await jobOf(`${name}:broken`)).toMatchObject({ status: 'ready', attempts: 14 })
  }
  const topics = [...promised.map((name) => `${name}:broken`), 'subscription.cancel:sub_kept']
  expect((await openAlerts('job_failing')).sort()).toEqual(topics.sort())
  // Mended: it ends well by itself.
  await shop.db.run(
    `UPDATE jobs SET payload = '{"orderId":""}' WHERE topic = 'payment.sync:broken'`,
  )
  await later(2 * HOUR_MS)
  expect(await jobOf('payment.sync:broken')).toMatchObject({ status: 'done' })
  await shop.db.run("DELETE FROM jobs WHERE status = 'ready' AND failures > 11")
  await shop.sweep()
  expect(await openAlerts('job_failing')).toEqual([])
})

test('the error kept with a job holds no secret', async () => {
  stripeRefuses('sub_secret', `No such thing for ${STRIPE_KEY}`)
  await cancelJob('sub_secret')
  await shop.drain()
  const job = await jobOf('subscription.cancel:sub_secret')
  expect(job?.error).toContain('No such thing for [secret]')
})

test('a job of another release is left to it, holds up no other, and a person is told in an hour', async () => {
  await poison('newer', 'toString')
  await later(1000)
  await shop.sweep()
  expect(await openAlerts('job_unknown')).toEqual([])
  await later(HOUR_MS + 1000)
  await shop.sweep()
  expect(await jobOf('newer')).toMatchObject({ status: 'ready', attempts: 0, error: null })
  expect(await openAlerts('job_unknown')).toEqual(['toString'])
  await shop.db.run("DELETE FROM jobs WHERE topic = 'newer'")
  await shop.sweep()
  expect(await openAlerts('job_unknown')).toEqual([])
})

test('a job whose end cannot be written down is run again after its lease', async () => {
  const calls = stripeRefuses('sub_unwritten', 'no')
  await cancelJob('sub_unwritten')
  const broken: Db = {
    ...shop.db,
    run: (sql, params) =>
      sql.includes('last_error') ? Promise.reject(new Error('gone')) : shop.db.run(sql, params),
  }
  while (await runDue(broken, shop.deps) > 0);
  expect(calls()).toBe(1)
  await later(151_000)
  expect(calls()).toBe(2)
})

test('a job that waits for long uses up no attempt', async () => {
  const revoked = shop.faults.order({ on: { service: 'panel' }, fault: 'key-revoked' })
  const { orderId } = await paidOrder()
  for (let i = 0; i < 20; i++) await later(61_000)
  expect(await statusOf(orderId)).toMatchObject({ waitingFor: 'panel' })
  const [job] = await shop.db.query<{ status: string }>(
    "SELECT j.status FROM jobs j JOIN servers s ON j.topic = CONCAT('server.provision:', s.id) WHERE s.order_id = ?",
    [orderId],
  )
  expect(job).toEqual({ status: 'ready' })
  revoked.cancel()
  await shop.pass(5 * MINUTE_MS, async () => (await statusOf(orderId))?.order === 'provisioned')
  expect((await statusOf(orderId))?.order).toBe('provisioned')
})

test('the first failure after many waits is retried within seconds', async () => {
  shop.panel.setInstallMs(60_000)
  const { orderId } = await paidOrder()
  await shop.pass(24_000)
  const [server] = await shop.db.query<{ id: string }>(
    'SELECT id FROM servers WHERE order_id = ?',
    [
      orderId,
    ],
  )
  const topic = `server.check:${server?.id}`
  expect(await jobOf(topic)).toMatchObject({ status: 'ready' })
  // One moment without a database while the job runs.
  const blink: Db = {
    ...shop.db,
    query: (sql, params) =>
      sql.includes('FROM servers') ? Promise.reject(new Error('gone')) : shop.db.query(sql, params),
  }
  shop.clock.advance(3000)
  await runDue(blink, shop.deps)
  shop.panel.setInstallMs(3000)
  const job = await jobOf(topic)
  expect(job).toMatchObject({ status: 'ready' })
  expect(job?.waitsMs).toBeLessThan(10_000)
})

// ---- sweep

test('the sweep refunds an overdue order whose refund job was lost', async () => {
  panelAway(shop)
  const { orderId } = await paidOrder()
  await shop.db.run('DELETE FROM jobs WHERE topic = ?', [`order.refund:${orderId}`])
  await later(25 * HOUR_MS)
  expect((await statusOf(orderId))?.order).toBe('provisioning')
  await shop.sweep()
  await shop.drain()
  expect((await statusOf(orderId))?.order).toBe('refunded')
})

test('the sweep deletes a server whose delete job was lost', async () => {
  shop.panel.setInstallMs(100 * HOUR_MS)
  // The panel was away a moment ago, and is asked again only after a while.
  await later(2 * MINUTE_MS)
  const { orderId } = await paidOrder()
  shop.panel.setInstallMs(3000)
  const there = async () => {
    const [row] = await shop.db.query<{ id: string }>('SELECT id FROM servers WHERE order_id = ?', [
      orderId,
    ])
    return shop.panel.store.servers.rows.filter((one) => one.externalId?.endsWith(row?.id ?? '?'))
  }
  expect(await there()).toHaveLength(1)
  const away = panelAway(shop)
  await later(25 * HOUR_MS)
  expect(await statusOf(orderId)).toMatchObject({ order: 'refunded', server: 'deleting' })
  away.cancel()
  await shop.db.run("DELETE FROM jobs WHERE name = 'server.delete'")
  await later(HOUR_MS)
  expect((await statusOf(orderId))?.server).toBe('deleting')
  await shop.sweep()
  await shop.drain()
  expect((await statusOf(orderId))?.server).toBe('deleted')
  expect(await there()).toEqual([])
})

test('a canceled order whose session is still open at Stripe cannot be paid after the next sweep', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  // Canceled before the id of the session was known: nobody ended it at Stripe.
  await shop.db.transaction(async (tx) => {
    await tx.run("UPDATE orders SET status = 'canceled' WHERE id = ?", [orderId])
    await releaseCapacity(tx, orderId)
  })
  shop.clock.advance(2 * MINUTE_MS)
  await shop.sweep()
  await shop.drain()
  expect((await shop.deps.payments.getCheckoutSession(sessionId))?.status).toBe('expired')
  const rows = await shop.db.query('SELECT status FROM checkout_sessions WHERE order_id = ?', [
    orderId,
  ])
  expect(rows).toEqual([{ status: 'expired' }])
})

test('a canceled order is not asked for again by the sweep', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  await customer.post(`/api/orders/${orderId}/cancel`)
  shop.clock.advance(2 * MINUTE_MS)
  await shop.sweep()
  expect(await jobOf(`payment.sync:${orderId}`)).toBeUndefined()
})

test('the sweep finds a delayed payment that arrived without a webhook', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const sessionId = await sessionOf(shop.db, orderId)
  await shop.stripe.pay(sessionId, { delayed: 'processing' })
  await shop.drain()
  expect((await statusOf(orderId))?.order).toBe('payment_processing')
  withholdWebhooks(shop)
  await shop.stripe.settle(sessionId, 'succeeded')
  shop.clock.advance(2 * MINUTE_MS)
  await shop.sweep()
  await shop.pass(10_000)
  expect((await statusOf(orderId))?.order).toBe('provisioned')
})

test('a failed installation whose job was lost is started again by the sweep', async () => {
  failNext(shop, 'install-fails')
  const { orderId } = await paidOrder()
  await shop.pass(20_000, async () => (await statusOf(orderId))?.server === 'install_failed')
  expect((await statusOf(orderId))?.server).toBe('install_failed')
  await shop.db.run("DELETE FROM jobs WHERE name = 'server.recreate'")
  await shop.sweep()
  await shop.pass(2 * MINUTE_MS, async () => (await statusOf(orderId))?.order === 'provisioned')
  expect((await statusOf(orderId))?.order).toBe('provisioned')
})

test('the sweep reaches every open order, however many there are', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const [columns] = await shop.db.query<{ names: string }>(
    `SELECT GROUP_CONCAT(column_name) AS names FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'orders' AND column_name <> 'id'`,
  )
  const ids = Array.from({ length: 450 }, () => shop.deps.newId('order'))
  for (const id of ids) {
    await shop.db.run(
      `INSERT INTO orders (id, ${columns?.names}) SELECT ?, ${columns?.names} FROM orders WHERE id = ?`,
      [id, orderId],
    )
  }
  shop.clock.advance(2 * MINUTE_MS)
  await shop.sweep()
  const jobs = await shop.db.query<{ topic: string }>(
    "SELECT topic FROM jobs WHERE name = 'payment.sync' AND status = 'ready'",
  )
  const asked = new Set(jobs.map((job) => job.topic.slice('payment.sync:'.length)))
  expect(ids.filter((id) => !asked.has(id))).toEqual([])
  await shop.db.run("DELETE FROM jobs WHERE name = 'payment.sync'")
  for (const id of ids) await shop.db.run('DELETE FROM orders WHERE id = ?', [id])
})

test('each minute a job is made of every sweep that is due, once', async () => {
  const waiting = async () =>
    (await shop.db.query<{ topic: string }>(
      "SELECT topic FROM jobs WHERE name = 'sweep' AND status = 'ready' ORDER BY topic",
    )).map(({ topic }) => topic.slice('sweep:'.length))
  await shop.db.run("DELETE FROM jobs WHERE name = 'sweep'")
  await shop.db.run('DELETE FROM sweeps')
  await Promise.all([sweep(shop.db, shop.deps), sweep(shop.db, shop.deps)])
  expect(await waiting()).toEqual([...sweepNames].sort())
  await shop.drain()
  shop.clock.advance(MINUTE_MS)
  await sweep(shop.db, shop.deps)
  expect(await waiting()).toEqual([
    'alerts',
    'audit',
    'job-alerts',
    'jobs',
    'leases',
    'open-orders',
    'outbox',
  ])
  await shop.drain()
  await sweep(shop.db, shop.deps)
  expect(await waiting()).toEqual([])
  shop.clock.advance(9 * MINUTE_MS)
  await sweep(shop.db, shop.deps)
  expect(await waiting()).toContain('capacity')
  await shop.drain()
})

test('a sweep that fails is tried again and holds up no other; an outage kills none', async () => {
  await shop.db.run('DELETE FROM sweeps')
  const away = panelAway(shop)
  for (let minute = 0; minute < 30; minute++) {
    await sweep(shop.db, shop.deps)
    await shop.drain()
    shop.clock.advance(MINUTE_MS)
  }
  const stood = async () =>
    (await shop.db.query<{ name: string }>('SELECT name FROM sweeps')).map(({ name }) => name)
  expect(await stood()).not.toContain('capacity')
  expect(await stood()).toContain('open-orders')
  expect(await shop.db.query("SELECT id FROM jobs WHERE name = 'sweep' AND status = 'dead'"))
    .toEqual([])
  away.cancel()
  shop.clock.advance(2 * MINUTE_MS)
  await shop.drain()
  expect(await stood()).toContain('capacity')
})

test('the sweep of capacity brings the nodes up to date', async () => {
  const limit = async () =>
    (await shop.db.query<{ n: number }>(
      'SELECT memory_mib_limit AS n FROM panel_nodes WHERE id = 1',
    ))[0]?.n ?? 0
  const before = await limit()
  await shop.db.run('UPDATE panel_nodes SET memory_mib_limit = memory_mib_limit - 1 WHERE id = 1')
  await shop.sweep('capacity')
  expect(await limit()).toBe(before)
})

// ---- refund.test.ts

test('a part that was returned by hand does not count as the whole', async () => {
  panelAway(shop)
  const { orderId, sessionId } = await paidOrder()
  const session = await shop.deps.payments.getCheckoutSession(sessionId)
  const paymentIntent = session?.invoice?.paymentIntentId ?? ''
  const stripeUrl = shop.deps.config.STRIPE_API_URL
  const headers = {
    authorization: `Bearer ${STRIPE_KEY}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const part = await fetch(`${stripeUrl}/v1/refunds`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ payment_intent: paymentIntent, amount: '100' }),
  })
  expect(part.status).toBe(200)
  await later(25 * HOUR_MS)
  await shop.sweep()
  await shop.drain()
  expect((await statusOf(orderId))?.order).toBe('refunded')
  const list = await (await fetch(`${stripeUrl}/v1/refunds?payment_intent=${paymentIntent}`, {
    headers,
  })).json()
  const total = list.data.reduce((sum: number, { amount }: { amount: number }) => sum + amount, 0)
  expect(total).toBe(session?.amountTotal)
})

// ---- capacity.test.ts

test('a node holds exactly what its open holds say, of all four', async () => {
  const need = { memoryMib: 1000, diskMib: 2000, cpuPercent: 30, ports: 4 }
  const held = async () =>
    (await shop.db.query<Record<string, number>>(
      `SELECT SUM(memory_mib_held) AS memory, SUM(disk_mib_held) AS disk,
         SUM(cpu_percent_held) AS cpu, SUM(ports_held) AS ports FROM panel_nodes`,
    )).map((row) => Object.values(row).map(Number))[0]
  const [memory = 0, disk = 0, cpu = 0, ports = 0] = await held() ?? []
  const orderId = shop.deps.newId('order')
  await shop.db.transaction((tx) => holdCapacity(tx, { orderId, regionId: PURCHASE.region, need }))
  expect(await held()).toEqual([memory + 1000, disk + 2000, cpu + 30, ports + 4])
  await shop.db.transaction((tx) => releaseCapacity(tx, orderId))
  expect(await held()).toEqual([memory, disk, cpu, ports])
})

test('the fullest node that still fits is taken, so that large servers keep finding room', async () => {
  const region = 'tightest'
  const [some] = await shop.db.query<{ id: number }>(
    'SELECT id FROM panel_nodes ORDER BY id LIMIT 1',
  )
  const nodes = await shop.db.query<{ names: string }>(
    `SELECT GROUP_CONCAT(column_name) AS names FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'panel_nodes'
        AND column_name NOT IN ('id', 'region_id', 'sellable', 'memory_mib_held')`,
  )
  for (const [id, held] of [[9001, 0], [9002, 3000], [9003, 3900]]) {
    await shop.db.run(
      `INSERT INTO panel_nodes (id, region_id, sellable, memory_mib_held, ${nodes[0]?.names})
       SELECT ?, ?, 1, ?, ${nodes[0]?.names} FROM panel_nodes WHERE id = ?`,
      [id ?? 0, region, held ?? 0, some?.id ?? 0],
    )
  }
  await shop.db.run(
    `UPDATE panel_nodes SET memory_mib_limit = 4096, memory_mib_foreign = 0, disk_mib_foreign = 0,
       cpu_percent_foreign = 0, ports_foreign = 0, sellable = 1 WHERE region_id = ?`,
    [region],
  )
  const need = { memoryMib: 1000, diskMib: 1, cpuPercent: 1, ports: 1 }
  const orderId = shop.deps.newId('order')
  expect(await shop.db.transaction((tx) => holdCapacity(tx, { orderId, regionId: region, need })))
    .toBe(9002)
  await shop.db.transaction((tx) => releaseCapacity(tx, orderId))
  await shop.db.run('DELETE FROM panel_nodes WHERE region_id = ?', [region])
})

async function onTwoNodes() {
  await shop.db.run("UPDATE panel_nodes SET sellable = 1 WHERE region_id = 'frankfurt'")
  for (const node of shop.panel.store.nodes.rows) node.maintenance = false
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer, { region: 'frankfurt' })
  const [row] = await shop.db.query<{ id: number }>(
    'SELECT node_id AS id FROM orders WHERE id = ?',
    [
      orderId,
    ],
  )
  return { orderId, before: row?.id ?? 0 }
}

test('an order whose node left the panel goes to another, and says which', async () => {
  const { orderId, before } = await onTwoNodes()
  shop.intercept.panel = async (request, next) => {
    const { pathname } = new URL(request.url)
    if (pathname.includes(`/nodes/${before}`)) return new Response('{"errors":[]}', { status: 404 })
    const response = await next(request)
    if (!pathname.endsWith('/api/application/nodes')) return response
    const list = await response.json()
    list.data = list.data.filter((node: { attributes: { id: number } }) =>
      node.attributes.id !== before
    )
    return Response.json(list)
  }
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(20_000, async () => (await statusOf(orderId))?.order === 'provisioned')
  expect((await statusOf(orderId))?.order).toBe('provisioned')
  const rows = await shop.db.query<{ ordered: number; held: number; server: number }>(
    `SELECT o.node_id AS ordered, h.node_id AS held, s.node_id AS server FROM orders o
      JOIN capacity_holds h ON h.order_id = o.id JOIN servers s ON s.order_id = o.id WHERE o.id = ?`,
    [orderId],
  )
  const held = rows[0]?.held
  expect(held).not.toBe(before)
  expect(rows).toEqual([{ ordered: held, held, server: held }])
})

test('canceling an order that was paid meanwhile shows it as paid at once', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  withholdWebhooks(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  expect((await customer.post(`/api/orders/${orderId}/cancel`)).status).toBe(409)
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('paid')
})

test('an order that moved on while it was being canceled stays where it is, and its place is not given back twice', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  shop.intercept.stripe = async (request, next) => {
    if (request.url.endsWith('/expire')) {
      await shop.db.run("UPDATE orders SET status = 'needs_review' WHERE id = ?", [orderId])
    }
    return await next(request)
  }
  expect((await customer.post(`/api/orders/${orderId}/cancel`)).status).toBe(409)
  expect((await statusOf(orderId))?.order).toBe('needs_review')
})

test('a cancel is a cancel although the webhook of its own expiry is faster', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  let expired = false
  shop.intercept.stripe = async (request, next) => {
    if (expired) {
      expired = false
      await shop.drain()
    }
    const response = await next(request)
    if (request.url.endsWith('/expire')) expired = true
    return response
  }
  const answer = await customer.post(`/api/orders/${orderId}/cancel`)
  expect((await customer.get(`/api/orders/${orderId}`)).body.order.status).toBe('canceled')
  expect(answer.status).toBe(200)
})
