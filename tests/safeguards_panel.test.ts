import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { moveOrder } from '../api/orders/store.ts'
import { provisionServer } from '../api/servers/provision.ts'
import { failNext, panelAway, withholdWebhooks } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { addRoom } from './support/room.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(async () => {
  shop.intercept.panel = undefined
  shop.faults.clear()
  await assertInvariants(shop)
})

afterAll(() => shop.stop())

/** Paid, with its provisioning job not run yet. */
async function unprovisioned() {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const withheld = withholdWebhooks(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await customer.post(`/api/orders/${orderId}/sync`)
  withheld.cancel()
  return { customer, orderId }
}

async function statusOf(orderId: string) {
  const [row] = await shop.db.query<
    { order: string; server: string; serverId: string; ptero: number | null }
  >(
    `SELECT o.status AS \`order\`, s.status AS server, s.id AS serverId, o.ptero_server_id AS ptero
      FROM orders o JOIN servers s ON s.order_id = o.id WHERE o.id = ?`,
    [orderId],
  )
  return row
}

async function atPanel(orderId: string): Promise<number> {
  const id = (await statusOf(orderId))?.serverId ?? '?'
  return shop.panel.store.servers.rows.filter((one) => one.externalId?.endsWith(id)).length
}

function isCreate(request: Request): boolean {
  return request.method === 'POST' && new URL(request.url).pathname === '/api/application/servers'
}

const delivered = (orderId: string) => async () =>
  (await statusOf(orderId))?.order === 'provisioned'

test('a create that takes effect half a minute after its answer was lost is not sent twice', async () => {
  const { orderId } = await unprovisioned()
  let sent = 0
  let late = () => Promise.resolve(new Response())
  shop.intercept.panel = async (request, next) => {
    if (!isCreate(request) || sent++ > 0) return await next(request)
    const { url, method, headers } = request
    const body = await request.text()
    late = () => next(new Request(url, { method, headers, body }))
    return new Response('<h1>504 Gateway Time-out</h1>', { status: 504 })
  }
  await shop.pass(30_000)
  expect((await late()).status).toBe(201)
  await shop.pass(10 * MINUTE_MS, delivered(orderId))
  expect(await statusOf(orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
  expect(sent).toBe(1)
  expect(await atPanel(orderId)).toBe(1)
})

test('after a create that was lost with its worker, the next worker waits before it looks', async () => {
  const { orderId } = await unprovisioned()
  await shop.db.run('UPDATE servers SET create_sent_at = {now} WHERE order_id = ?', [orderId])
  const serverId = (await statusOf(orderId))?.serverId ?? '?'
  let asked = 0
  shop.intercept.panel = (request, next) => {
    if (request.url.includes(`${serverId}`)) asked++
    return next(request)
  }
  await shop.pass(40_000)
  expect(asked).toBe(0)
  await shop.pass(2 * MINUTE_MS, delivered(orderId))
  expect((await statusOf(orderId))?.order).toBe('provisioned')
})

test('a create that the panel refused is sent again without the wait for a lost answer', async () => {
  const { orderId } = await unprovisioned()
  const limit = failNext(shop, { name: 'rate-limit', seconds: 5 }, {
    call: 'POST /api/application/servers',
  })
  await shop.pass(20_000)
  expect(limit.fired).toBe(1)
  expect(await atPanel(orderId)).toBe(1)
})

test('a delivery that is stopped just before the create sends none', async () => {
  const { orderId } = await unprovisioned()
  await shop.db.run('UPDATE orders SET refund_at = {now} WHERE id = ?', [orderId])
  let sent = 0
  shop.intercept.panel = async (request, next) => {
    if (isCreate(request)) sent++
    if (request.url.includes('/allocations') && (await statusOf(orderId))?.server === 'pending') {
      await shop.db.run('UPDATE jobs SET run_at = {now} WHERE topic = ?', [
        `order.refund:${orderId}`,
      ])
      await shop.drain()
    }
    return await next(request)
  }
  await shop.drain()
  await shop.pass(5 * MINUTE_MS)
  expect(await statusOf(orderId)).toMatchObject({ order: 'refunded', server: 'deleted' })
  expect(sent).toBe(0)
  expect(await atPanel(orderId)).toBe(0)
})

test('a create that is answered after the refund leaves nothing in the timeline, and nothing at the panel', async () => {
  const { customer, orderId } = await unprovisioned()
  await shop.db.run('UPDATE orders SET refund_at = {now} WHERE id = ?', [orderId])
  shop.intercept.panel = async (request, next) => {
    const response = await next(request)
    if (!isCreate(request)) return response
    shop.intercept.panel = undefined
    await shop.db.run('UPDATE jobs SET run_at = {now} WHERE topic = ?', [`order.refund:${orderId}`])
    await shop.drain()
    return response
  }
  await shop.drain()
  expect(await statusOf(orderId)).toMatchObject({
    order: 'refunded',
    server: 'deleting',
    ptero: null,
  })
  const { body } = await customer.get(`/api/orders/${orderId}`)
  expect(body.timeline.at(-1).kind).toBe('order.refunded')
  await shop.pass(4 * MINUTE_MS)
  expect(await statusOf(orderId)).toMatchObject({ server: 'deleted' })
  expect(await atPanel(orderId)).toBe(0)
})

test('a second verification comes nine minutes after the first', async () => {
  const { customer, orderId } = await unprovisioned()
  await shop.pass(20_000, delivered(orderId))
  await shop.pass(3 * MINUTE_MS)
  const ptero = (await statusOf(orderId))?.ptero
  const { PANEL_URL, PANEL_API_KEY } = shop.deps.config
  await fetch(`${PANEL_URL}/api/application/servers/${ptero}`, {
    method: 'DELETE',
    headers: { accept: 'application/json', authorization: `Bearer ${PANEL_API_KEY}` },
  })
  await shop.pass(9 * MINUTE_MS)
  await customer.post('/api/auth/refresh')
  const { body } = await customer.get(`/api/orders/${orderId}`)
  const kinds = body.timeline.map((entry: { kind: string }) => entry.kind)
  expect(kinds.filter((kind: string) => kind === 'server.missing')).toHaveLength(1)
  expect(
    shop.lines.filter((line) => line.includes('is missing at the panel') && line.includes(orderId)),
  )
    .toHaveLength(1)
  await shop.db.run("UPDATE servers SET status = 'suspended' WHERE order_id = ?", [orderId])
})

test('a look that fails says nothing about an active server', async () => {
  const { orderId } = await unprovisioned()
  await shop.pass(20_000, delivered(orderId))
  const away = panelAway(shop)
  await shop.pass(2 * MINUTE_MS)
  const missing = () =>
    shop.db.query("SELECT id FROM order_events WHERE order_id = ? AND kind = 'server.missing'", [
      orderId,
    ])
  expect(await missing()).toEqual([])
  away.cancel()
  await shop.pass(12 * MINUTE_MS)
  expect(await missing()).toEqual([])
})

test('a slow installation is said once, and looked at on', async () => {
  shop.panel.setInstallMs(30 * MINUTE_MS)
  const { orderId } = await unprovisioned()
  await shop.drain()
  const slow = () =>
    shop.db.query(
      "SELECT id FROM order_events WHERE order_id = ? AND kind = 'server.installing_slowly'",
      [orderId],
    )
  for (let i = 0; i < 10; i++) {
    shop.clock.advance(1.9 * MINUTE_MS)
    await shop.drain()
  }
  expect(await slow()).toHaveLength(0)
  for (let i = 0; i < 8; i++) {
    shop.clock.advance(1.9 * MINUTE_MS)
    await shop.drain()
  }
  shop.panel.setInstallMs(3000)
  expect(await slow()).toHaveLength(1)
  expect((await statusOf(orderId))?.order).toBe('provisioned')
})

test('a failed installation is started afresh after one, five and fifteen minutes', async () => {
  const { orderId } = await unprovisioned()
  const at: number[] = []
  let last = shop.clock.now().getTime()
  shop.intercept.panel = (request, next) => {
    if (isCreate(request)) {
      const now = shop.clock.now().getTime()
      at.push(Math.round((now - last) / MINUTE_MS))
    }
    return next(request)
  }
  failNext(shop, 'install-fails')
  for (let i = 0; i < 3; i++) {
    await shop.pass(
      MINUTE_MS / 2,
      async () => (await statusOf(orderId))?.server === 'install_failed',
    )
    expect((await statusOf(orderId))?.server).toBe('install_failed')
    last = shop.clock.now().getTime()
    if (i < 2) failNext(shop, 'install-fails')
    await shop.pass(
      20 * MINUTE_MS,
      async () => (await statusOf(orderId))?.server !== 'install_failed',
    )
  }
  expect(at).toEqual([0, 1, 5, 15])
  await shop.pass(3 * MINUTE_MS, delivered(orderId))
  expect((await statusOf(orderId))?.order).toBe('provisioned')
})

test('Stripe refuses a session for good: the order ends, says so, and its place is given back', async () => {
  const customer = await shop.customer()
  shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/checkout/sessions' },
    fault: { name: 'status', status: 400, message: 'No such price' },
  })
  const { url: _, ...answer } = await customer.post('/api/checkout/sessions', {
    planId: 'minecraft-paper-4gb',
    term: 'monthly',
    currency: 'eur',
    region: 'frankfurt',
    serverName: 'Refused',
    options: {},
  }, { 'idempotency-key': crypto.randomUUID() }).then((one) => ({ url: '', ...one }))
  expect(answer.status).toBe(409)
  const { body } = await customer.get(`/api/orders/${answer.body.orderId}`)
  expect(body.order.status).toBe('expired')
  expect(body.timeline.at(-1).kind).toBe('order.session_refused')
  const holds = await shop.db.query(
    'SELECT order_id FROM capacity_holds WHERE order_id = ? AND released_at IS NULL',
    [answer.body.orderId],
  )
  expect(holds).toEqual([])
})

test('Stripe is away when the buyer comes back: the order is shown as we know it', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  shop.faults.order({ on: { service: 'stripe' }, fault: { name: 'status', status: 500 } })
  const answer = await customer.post(`/api/orders/${orderId}/sync`)
  expect(answer.status).toBe(200)
  expect(answer.body.order.status).toBe('pending')
})

test('an egg that the panel lost is our fault to repair: the order waits, and goes on', async () => {
  const { orderId } = await unprovisioned()
  shop.intercept.panel = async (request, next) => {
    const response = await next(request)
    if (!new URL(request.url).pathname.endsWith('/nests')) return response
    const list = await response.json()
    return Response.json({ ...list, data: [] })
  }
  await shop.pass(MINUTE_MS)
  const [row] = await shop.db.query<{ waitingFor: string }>(
    'SELECT waiting_for AS waitingFor FROM orders WHERE id = ?',
    [orderId],
  )
  expect(row).toEqual({ waitingFor: 'panel' })
  shop.intercept.panel = undefined
  await shop.pass(5 * MINUTE_MS, delivered(orderId))
  expect((await statusOf(orderId))?.order).toBe('provisioned')
})

test('two servers of a new customer at the same moment share one account at the panel', async () => {
  const customer = await shop.customer('twins@example.com')
  const orders = await Promise.all([placeOrder(customer), placeOrder(customer)])
  for (const { orderId } of orders) await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(
    5 * MINUTE_MS,
    async () =>
      (await Promise.all(orders.map(({ orderId }) => delivered(orderId)()))).every(Boolean),
  )
  const users = shop.panel.store.users.rows.filter((user) => user.email === 'twins@example.com')
  expect(users).toHaveLength(1)
  for (const { orderId } of orders) {
    expect((await statusOf(orderId))?.order).toBe('provisioned')
    const waits = await shop.db.query(
      "SELECT id FROM order_events WHERE order_id = ? AND kind = 'order.waiting_for_account'",
      [orderId],
    )
    expect(waits).toEqual([])
  }
})

test('a provisioning job that comes again when the server is there asks the panel nothing', async () => {
  const { orderId } = await unprovisioned()
  shop.panel.setInstallMs(MINUTE_MS)
  await shop.drain()
  shop.panel.setInstallMs(3000)
  const { serverId = '', server } = await statusOf(orderId) ?? {}
  expect(server).toBe('installing')
  let asked = 0
  shop.intercept.panel = (request, next) => {
    asked++
    return next(request)
  }
  await provisionServer(shop.db, shop.deps, { serverId }, 1)
  expect(asked).toBe(0)
  shop.intercept.panel = undefined
  await shop.pass(2 * MINUTE_MS, delivered(orderId))
})

test('an external id that is taken is our own server: it is found, not failed', async () => {
  const { customer, orderId } = await unprovisioned()
  shop.intercept.panel = async (request, next) => {
    const response = await next(request)
    if (!isCreate(request)) return response
    shop.intercept.panel = undefined
    const detail = 'The external id has already been taken.'
    const meta = { source_field: 'external_id', rule: 'unique' }
    const errors = [{ code: 'ValidationException', status: '422', detail, meta }]
    return Response.json({ errors }, { status: 422 })
  }
  await shop.pass(3 * MINUTE_MS, delivered(orderId))
  expect((await statusOf(orderId))?.order).toBe('provisioned')
  const { body } = await customer.get(`/api/orders/${orderId}`)
  const kinds = body.timeline.map((entry: { kind: string }) => entry.kind)
  expect(kinds).not.toContain('order.provision_failed')
  expect(await atPanel(orderId)).toBe(1)
})

test('a create that takes effect after the refund is deleted all the same', async () => {
  const { orderId } = await unprovisioned()
  let late: (() => Promise<Response>) | undefined
  shop.intercept.panel = async (request, next) => {
    if (!isCreate(request) || late) return await next(request)
    const { url, method, headers } = request
    const body = await request.text()
    late = () => next(new Request(url, { method, headers, body }))
    return new Response('<h1>504 Gateway Time-out</h1>', { status: 504 })
  }
  await shop.drain()
  await shop.db.run('UPDATE orders SET refund_at = {now} WHERE id = ?', [orderId])
  await shop.db.run('UPDATE jobs SET run_at = {now} WHERE topic = ?', [`order.refund:${orderId}`])
  await shop.pass(MINUTE_MS)
  expect((await statusOf(orderId))?.order).toBe('refunded')
  expect((await late?.())?.status).toBe(201)
  expect(await atPanel(orderId)).toBe(1)
  await shop.pass(3 * MINUTE_MS)
  expect(await statusOf(orderId)).toMatchObject({ order: 'refunded', server: 'deleted' })
  expect(await atPanel(orderId)).toBe(0)
})

test('a refund gives the place back once the server is gone', async () => {
  const { orderId } = await unprovisioned()
  const away = panelAway(shop)
  await shop.db.run('UPDATE orders SET refund_at = {now} WHERE id = ?', [orderId])
  await shop.db.run('UPDATE jobs SET run_at = {now} WHERE topic = ?', [`order.refund:${orderId}`])
  await shop.drain()
  const held = () =>
    shop.db.query(
      'SELECT order_id FROM capacity_holds WHERE order_id = ? AND released_at IS NULL',
      [orderId],
    )
  expect(await held()).toHaveLength(1)
  away.cancel()
  await shop.pass(5 * MINUTE_MS)
  expect(await statusOf(orderId)).toMatchObject({ order: 'refunded', server: 'deleted' })
  expect(await held()).toEqual([])
})

test('a deadline that a person moved is waited for', async () => {
  const away = panelAway(shop)
  const { orderId } = await unprovisioned()
  await shop.db.run('UPDATE orders SET refund_at = refund_at + INTERVAL 10 HOUR WHERE id = ?', [
    orderId,
  ])
  shop.clock.advance(25 * 60 * MINUTE_MS)
  await shop.drain()
  expect((await statusOf(orderId))?.order).toBe('provisioning')
  shop.clock.advance(10 * 60 * MINUTE_MS)
  await shop.drain()
  expect((await statusOf(orderId))?.order).toBe('refunded')
  away.cancel()
  await shop.pass(5 * MINUTE_MS)
})

test('a server that installs while another worker calls its creation failed is delivered', async () => {
  shop.panel.setInstallMs(30_000)
  const { orderId } = await unprovisioned()
  await shop.drain()
  await shop.db.transaction((tx) =>
    moveOrder(tx, shop.deps, orderId, 'provision_failed', { kind: 'order.provision_failed' })
  )
  await shop.pass(MINUTE_MS)
  shop.panel.setInstallMs(3000)
  expect(await statusOf(orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
})

test('a worker that oversleeps its create takes no place from the server that is there', async () => {
  await addRoom(shop, 5)
  const { orderId } = await unprovisioned()
  const asleep = Promise.withResolvers<void>()
  const awake = Promise.withResolvers<void>()
  shop.intercept.panel = async (request, next) => {
    if (!isCreate(request)) return await next(request)
    shop.intercept.panel = undefined
    asleep.resolve()
    await awake.promise
    const meta = { source_field: 'allocation.default', rule: 'exists' }
    const error = { code: 'ValidationException', status: '422', detail: 'It is taken.', meta }
    return Response.json({ errors: [error] }, { status: 422 })
  }
  const late = shop.drain()
  await asleep.promise
  await shop.pass(5 * MINUTE_MS, delivered(orderId))
  expect(await statusOf(orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
  const there = shop.panel.store.servers.rows.at(-1)
  const node = shop.panel.store.nodes.rows.find(({ id }) => id === there?.nodeId)
  if (node) node.maintenance = true
  awake.resolve()
  await late
  const [held] = await shop.db.query(
    'SELECT node_id AS nodeId FROM capacity_holds WHERE order_id = ? AND released_at IS NULL',
    [orderId],
  )
  expect(held).toEqual({ nodeId: there?.nodeId })
  if (node) node.maintenance = false
})
