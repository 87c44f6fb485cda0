import { afterAll, beforeAll, expect, test } from 'vitest'
import { raiseAlert } from '../api/alerts/alerts.ts'
import { PASSWORD, startWorld, type World } from './support/actors.ts'
import type { Client } from './support/client.ts'

let world: World
let operator: Client
beforeAll(async () => {
  world = await startWorld()
  operator = await world.client('operator')
})
afterAll(() => world.stop())

async function statusOf(orderId: string): Promise<string | undefined> {
  const [row] = await world.shop.db.query<{ status: string }>(
    'SELECT status FROM orders WHERE id = ?',
    [orderId],
  )
  return row?.status
}

test('an operator reads the whole story of an order, which its owner does not', async () => {
  const { db, deps } = world.shop
  await db.run("UPDATE order_events SET cause = '{\"status\":504}' WHERE kind = 'order.paid'")
  await raiseAlert(db, deps, { kind: 'server_missing', subject: world.serverId })
  const { status, body } = await operator.get(`/api/admin/orders/${world.orderId}`)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    order: { id: world.orderId, status: 'provisioned', email: 'owner@example.com' },
    server: { id: world.serverId, status: 'active' },
    subscription: { status: 'active' },
    alerts: [{ kind: 'server_missing' }],
    sessions: [{ status: 'complete' }],
  })
  const paid = body.timeline.find(({ kind }: { kind: string }) => kind === 'order.paid')
  expect(paid.cause).toEqual({ status: 504 })
  const own = await (await world.client('owner')).get(`/api/orders/${world.orderId}`)
  expect(JSON.stringify(own.body)).not.toContain('504')
  const { body: { alerts } } = await operator.get('/api/admin/alerts')
  expect(alerts).toEqual([
    expect.objectContaining({ kind: 'server_missing', mend: expect.stringMatching(/\w/) }),
  ])
  const stuck = await operator.get('/api/admin/orders?stuck')
  expect(stuck.body.orders.map(({ id }: { id: string }) => id)).toEqual([world.orderId])
})

test('a refund needs the password, is written down, and happens', async () => {
  const path = `/api/admin/orders/${world.orderId}/refund`
  const asked = { reason: 'asked for by mail' }
  expect((await operator.post(path, asked)).status).toBe(422)
  const wrong = await operator.post(path, { ...asked, currentPassword: 'not the password' })
  expect(wrong.status).toBe(403)
  expect(await statusOf(world.orderId)).toBe('provisioned')
  const { status, body } = await operator.post(path, { ...asked, currentPassword: PASSWORD })
  expect(status).toBe(200)
  expect(body.did.join()).toMatch(/at Stripe/)
  await world.shop.pass(120_000, async () => await statusOf(world.orderId) === 'refunded')
  expect(await statusOf(world.orderId)).toBe('refunded')
  const [row] = await world.shop.db.query(
    "SELECT actor FROM audit_log WHERE action = 'order.refund' AND subject = ?",
    [world.orderId],
  )
  expect(row).toEqual({ actor: world.users.operator.id })
})

test('whoever was an operator a moment ago, or says so, finds nothing', async () => {
  const { db } = world.shop
  const paths = ['/api/admin/orders', '/api/admin/alerts', `/api/admin/orders/${world.orderId}`]
  const all = async (client: Client) =>
    await Promise.all(paths.map(async (path) => (await client.get(path)).status))
  expect(await all(operator)).toEqual([200, 200, 200])
  const set = 'UPDATE users SET role = ? WHERE id = ?'
  await db.run(set, ['customer', world.users.operator.id])
  expect(await all(operator)).toEqual([404, 404, 404])
  await db.run(set, ['operator', world.users.operator.id])
  expect(await all(operator)).toEqual([200, 200, 200])

  const claims = world.app.request('http://shop.test/api/admin/orders', {
    headers: { ...await world.browser('owner'), 'x-role': 'operator' },
  })
  expect((await claims).status).toBe(404)
  const revoked = await world.app.request('http://shop.test/api/admin/orders', {
    headers: await world.revokedBrowser('operator'),
  })
  expect(revoked.status).toBe(404)
})

test.each([
  '//admin/orders',
  '/api//admin/orders',
  '/api/Admin/orders',
  '/API/admin/orders',
  '/api/admin%2forders',
  '/api/admin;/orders',
  '/api/./admin/orders',
  '/api/x/../admin/orders',
  '/api/admin/orders/',
  '/api/admin\\orders',
  '/api/admin/orders%00',
  '/api/%61dmin/orders',
])('another spelling, %s, opens nothing to a customer', async (path) => {
  const response = await world.app.request(`http://shop.test${path}`, {
    headers: await world.browser('owner'),
  })
  expect([400, 404]).toContain(response.status)
})

test('an order that is not there, or cannot be mended so, says what to do', async () => {
  const nobody = `ord_${'0'.repeat(26)}`
  expect((await operator.get(`/api/admin/orders/${nobody}`)).status).toBe(404)
  const retried = await operator.post(`/api/admin/orders/${nobody}/retry`)
  expect(retried.status).toBe(404)
  expect(retried.body.detail).toMatch(/There is no order/)
  const late = await operator.post(`/api/admin/orders/${world.orderId}/extend`, { byHours: 1 })
  expect(late).toMatchObject({ status: 409, body: { type: '/problems/not-possible' } })
  const gone = await operator.post('/api/admin/events/evt_nobody/replay')
  expect(gone.body.detail).toBe('Neither we nor Stripe have an event evt_nobody.')
})

test('when the panel is away an attach says so, and changes nothing', async () => {
  const orderId = await world.openOrder()
  await world.shop.db.run("UPDATE orders SET status = 'paid', paid_at = {now} WHERE id = ?", [
    orderId,
  ])
  const [row] = await world.shop.db.query<{ id: string }>(
    "SELECT JSON_VALUE(bought, '$.serverId') AS id FROM orders WHERE id = ?",
    [orderId],
  )
  await world.shop.db.run(
    `INSERT INTO servers (id, order_id, live_order_id, user_id, status, name, node_id,
       create_answered, created_at) VALUES (?, ?, ?, ?, 'pending', 'x', 1, 0, {now})`,
    [row?.id ?? '', orderId, orderId, world.users.owner.id],
  )
  const down = world.shop.faults.order({ on: { service: 'panel' }, fault: 'html' })
  const asked = await operator.post(`/api/admin/orders/${orderId}/attach`, { panelServer: '1' })
  down.cancel()
  expect(asked).toMatchObject({ status: 503, body: { type: '/problems/panel-unavailable' } })
})
