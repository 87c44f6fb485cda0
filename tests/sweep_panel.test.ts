import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { runSweeps } from '../api/jobs/sweep.ts'
import { shopId } from '../api/plans/shop_id.ts'
import type { Server } from '../dev/panel/model.ts'
import { assertInvariants } from './support/invariants.ts'
import { panelAway, withholdWebhooks } from './support/faults.ts'
import {
  askStripe,
  deliveredOrder,
  kindsOf,
  openAlerts,
  paymentsOf,
  refundByHand,
  stateOf,
} from './support/money.ts'
import { placeOrder, sessionOf, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const shop = await startShop()

interface Delivered {
  orderId: string
  serverId: string
  /** As it was after it was delivered. */
  before: Server
}

/** One server that all tests look at, each putting back what it changed. */
let one: Delivered

beforeAll(async () => {
  one = await delivered()
  shop.clock.advance(11 * MINUTE_MS)
  await shop.drain()
})

afterEach(() => {
  shop.faults.clear()
  const there = atPanel(one.serverId)
  if (there) Object.assign(there, one.before)
  else shop.panel.store.servers.rows.push(structuredClone(one.before))
})

afterAll(() => shop.stop())

async function delivered(): Promise<Delivered> {
  const { orderId } = await deliveredOrder(shop)
  const serverId = (await stateOf(shop, orderId)).serverId ?? ''
  return { orderId, serverId, before: structuredClone(atPanel(serverId)!) }
}

function atPanel(serverId: string): Server | undefined {
  return shop.panel.store.servers.rows.find(({ externalId }) => externalId?.endsWith(serverId))
}

async function foundBy(...names: Parameters<typeof shop.sweep>): Promise<Record<string, number>> {
  const reports = await shop.sweep(...names)
  expect(reports.filter(({ error }) => error)).toEqual([])
  const all = reports.flatMap(({ found }) => Object.entries(found))
  return Object.fromEntries(all.filter(([, count]) => count > 0))
}

/** Alerts of which a person is told. */
async function confirmed(kind: string): Promise<string[]> {
  const rows = await shop.db.query<{ subject: string }>(
    `SELECT subject FROM alerts
      WHERE kind = ? AND resolved_at IS NULL AND confirmed_at IS NOT NULL ORDER BY subject`,
    [kind],
  )
  return rows.map(({ subject }) => subject)
}

test('where panel and shop agree nothing is found, over more than one page', async () => {
  const calls: string[] = []
  shop.intercept.panel = (request, next) => {
    if (request.url.includes('/application/servers?')) calls.push(request.url)
    return next(request)
  }
  expect(await foundBy('panel', 'servers')).toEqual({})
  shop.intercept.panel = undefined
  expect(calls.length).toBeGreaterThan(0)
})

test('a ghost is told of once it was missing in two sweeps ten minutes apart, and never rebuilt', async () => {
  shop.panel.store.servers.remove(atPanel(one.serverId)!)
  expect(await foundBy('panel')).toEqual({})
  shop.clock.advance(9 * MINUTE_MS)
  expect(await foundBy('panel')).toEqual({})
  expect(await confirmed('server_missing')).toEqual([])
  expect(await kindsOf(shop, one.orderId)).not.toContain('server.missing')
  shop.clock.advance(MINUTE_MS)
  expect(await foundBy('panel')).toEqual({ ghost: 1 })
  expect(await foundBy('panel')).toEqual({})
  expect(await confirmed('server_missing')).toEqual([one.serverId])
  await shop.pass(MINUTE_MS)
  expect((await kindsOf(shop, one.orderId)).filter((kind) => kind === 'server.missing'))
    .toHaveLength(1)
  expect(atPanel(one.serverId)).toBeUndefined()
})

test('what a person put right ends by itself, and the order says so', async () => {
  expect(await foundBy('panel')).toEqual({})
  expect(await openAlerts(shop, 'server_missing')).toEqual([])
  expect((await kindsOf(shop, one.orderId)).at(-1)).toBe('server.back')
  await foundBy('panel')
  expect((await kindsOf(shop, one.orderId)).filter((kind) => kind === 'server.back')).toHaveLength(
    1,
  )
})

test('a server that is delivered while the panel is read is not missed in what was read before', async () => {
  const set = (status: string) =>
    shop.db.run('UPDATE servers SET status = ? WHERE id = ?', [status, one.serverId])
  await set('installing')
  const there = atPanel(one.serverId)!
  shop.panel.store.servers.remove(there)
  shop.intercept.panel = async (request, next) => {
    const response = await next(request)
    if (!request.url.includes('/application/servers?')) return response
    shop.panel.store.servers.rows.push(there)
    await set('active')
    return response
  }
  await foundBy('panel')
  shop.intercept.panel = undefined
  expect(await openAlerts(shop, 'server_missing')).toEqual([])
})

test('a server that was missing for one sweep only is no ghost', async () => {
  shop.panel.store.servers.remove(atPanel(one.serverId)!)
  await foundBy('panel')
  shop.panel.store.servers.rows.push(structuredClone(one.before))
  shop.clock.advance(10 * MINUTE_MS)
  await foundBy('panel')
  shop.panel.store.servers.remove(atPanel(one.serverId)!)
  expect(await foundBy('panel')).toEqual({})
  expect(await confirmed('server_missing')).toEqual([])
})

test('an orphan is told of after two sweeps, and stays where it is', async () => {
  const shop_id = await shopId(shop.db, shop.deps.randomBytes)
  const externalId = `${shop_id}-srv_${'0'.repeat(26)}`
  const orphan = shop.panel.store.servers.insert((id) => ({
    ...structuredClone(one.before),
    id,
    externalId,
    uuid: crypto.randomUUID(),
  }))
  const others = shop.panel.store.servers.insert((id) => ({
    ...structuredClone(one.before),
    id,
    externalId: `othersho-srv_${'0'.repeat(26)}`,
    uuid: crypto.randomUUID(),
  }))
  expect(await foundBy('panel')).toEqual({})
  shop.clock.advance(10 * MINUTE_MS)
  expect(await foundBy('panel')).toEqual({ orphan: 1 })
  expect(await confirmed('orphan_server')).toEqual([`srv_${'0'.repeat(26)}`])
  expect(shop.panel.store.servers.find(orphan.id)).toBeDefined()
  for (const row of [orphan, others]) shop.panel.store.servers.remove(row)
  await foundBy('panel')
  expect(await openAlerts(shop, 'orphan_server')).toEqual([])
})

test('a server that is being created or deleted at this moment is no finding', async () => {
  shop.panel.setInstallMs(HOUR_MS)
  const { orderId } = await placeOrder(await shop.customer())
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  await shop.pass(MINUTE_MS, async () => (await stateOf(shop, orderId)).server === 'installing')
  const { serverId } = await stateOf(shop, orderId)
  const there = atPanel(serverId ?? '')
  expect(there).toBeDefined()
  for (const status of ['installing', 'deleting']) {
    await shop.db.run('UPDATE servers SET status = ? WHERE id = ?', [status, serverId])
    for (const row of [there, undefined]) {
      if (!row) shop.panel.store.servers.remove(there!)
      for (let sweep = 0; sweep < 2; sweep++) {
        expect(await foundBy('panel')).toEqual({})
        shop.clock.advance(11 * MINUTE_MS)
      }
    }
    shop.panel.store.servers.rows.push(there!)
  }
  await shop.db.run("UPDATE servers SET status = 'installing' WHERE id = ?", [serverId])
  shop.panel.setInstallMs(3000)
  shop.clock.advance(HOUR_MS)
  await shop.pass(5 * MINUTE_MS, async () => (await stateOf(shop, orderId)).server === 'active')
})

test.each<[string, Partial<Server>, string, Record<string, number>]>([
  ['another owner', { ownerId: 1 }, 'server_wrong_owner', { wrong_owner: 1 }],
  ['more memory', { memory: 65_536 }, 'server_differs', { wrong_limits: 1 }],
  ['more backups', { backupLimit: 99 }, 'server_differs', { wrong_limits: 1 }],
  ['databases without end', { databaseLimit: null }, 'server_differs', { wrong_limits: 1 }],
  ['a suspension of its own', { status: 'suspended' }, 'server_differs', { suspended_there: 1 }],
])('%s is an alert that ends when it is put right', async (_what, change, kind, found) => {
  Object.assign(atPanel(one.serverId)!, change)
  expect(await foundBy('panel')).toEqual(found)
  expect(await foundBy('panel')).toEqual({})
  expect(await confirmed(kind)).toEqual([one.serverId])
  expect(atPanel(one.serverId)).toMatchObject(change)
  Object.assign(atPanel(one.serverId)!, one.before)
  await foundBy('panel')
  expect(await openAlerts(shop, kind)).toEqual([])
})

test('a server that runs though it is stopped here is stopped there again', async () => {
  await shop.db.run("UPDATE orders SET on_hold = 'disputed' WHERE id = ?", [one.orderId])
  await shop.db.run("UPDATE servers SET status = 'suspended' WHERE id = ?", [one.serverId])
  const stopped = shop.faults.order({
    on: { service: 'stripe', call: '/v1/payment_intents/*' },
    fault: { name: 'status', status: 500 },
  })
  expect(await foundBy('panel')).toEqual({ running_there: 1 })
  stopped.cancel()
  await shop.db.run("UPDATE orders SET on_hold = 'refunded' WHERE id = ?", [one.orderId])
  await shop.pass(2 * MINUTE_MS)
  expect(atPanel(one.serverId)?.status).toBe('suspended')
  expect(await foundBy('panel')).toEqual({})
  await shop.db.run('UPDATE orders SET on_hold = NULL WHERE id = ?', [one.orderId])
  await shop.db.run("UPDATE servers SET status = 'active' WHERE id = ?", [one.serverId])
})

test('a server that the panel moved to another node takes its hold along', async () => {
  const other = one.before.nodeId === 1 ? 3 : 1
  atPanel(one.serverId)!.nodeId = other
  expect(await foundBy('panel')).toEqual({ wrong_node: 1 })
  expect(await foundBy('panel')).toEqual({})
  expect(await foundBy('ledger')).toEqual({ hold_elsewhere: 1 })
  atPanel(one.serverId)!.nodeId = one.before.nodeId
  await foundBy('panel')
  await foundBy('ledger')
})

test('a panel that cannot be read opens and closes nothing', async () => {
  Object.assign(atPanel(one.serverId)!, { memory: 1 })
  await foundBy('panel')
  const away = panelAway(shop)
  const [report] = await shop.sweep('panel')
  expect(report?.error).toBeInstanceOf(Error)
  expect(await openAlerts(shop, 'server_differs')).toEqual([one.serverId])
  expect(await openAlerts(shop, 'server_missing')).toEqual([])
  away.cancel()
  shop.clock.advance(2 * MINUTE_MS)
  Object.assign(atPanel(one.serverId)!, one.before)
  await foundBy('panel')
})

test('the sample of the day asks for servers one by one and sees the same', async () => {
  const verifiedAt = async () =>
    (await shop.db.query<{ at: Date }>('SELECT verified_at AS at FROM servers WHERE id = ?', [
      one.serverId,
    ]))[0]?.at.getTime() ?? 0
  const before = await verifiedAt()
  shop.clock.advance(HOUR_MS)
  expect(await foundBy('servers')).toEqual({})
  expect(await verifiedAt()).toBeGreaterThan(before)
  for (const change of [{ ownerId: 1 }, { memory: 1 }, { status: 'suspended' }]) {
    Object.assign(atPanel(one.serverId)!, change)
    expect(await foundBy('servers')).toEqual({ unverified: 1 })
    Object.assign(atPanel(one.serverId)!, one.before)
  }
  await foundBy('panel')
})

// ---- peers.md 4, item 6

test('ten kinds of drift are all found in one round, and mended ones are not found again', async () => {
  const servers: Delivered[] = []
  for (let left = 8; left > 0; left--) servers.push(await delivered())
  shop.clock.advance(11 * MINUTE_MS)
  await shop.drain()
  await runSweeps(shop.db, shop.deps)
  await shop.drain()
  withholdWebhooks(shop)
  const [ghost, owner, limits, suspended, moved, unheld, refunded, subscribed] = servers as [
    Delivered,
    Delivered,
    Delivered,
    Delivered,
    Delivered,
    Delivered,
    Delivered,
    Delivered,
  ]
  // 1 a ghost
  shop.panel.store.servers.remove(atPanel(ghost.serverId)!)
  // 2 an orphan
  const mark = await shopId(shop.db, shop.deps.randomBytes)
  shop.panel.store.servers.insert((id) => ({
    ...structuredClone(one.before),
    id,
    externalId: `${mark}-srv_${'1'.repeat(26)}`,
    uuid: crypto.randomUUID(),
  }))
  // 3 to 6
  atPanel(owner.serverId)!.ownerId = 1
  atPanel(limits.serverId)!.disk += 1
  atPanel(suspended.serverId)!.status = 'suspended'
  atPanel(moved.serverId)!.nodeId = moved.before.nodeId === 1 ? 3 : 1
  // 7 a hold that was lost
  await shop.db.run('UPDATE capacity_holds SET released_at = {now} WHERE order_id = ?', [
    unheld.orderId,
  ])
  // 8 a refund by hand, 9 a subscription that ends, 10 a payment that nobody told us of
  await refundByHand(shop, (await paymentsOf(shop, refunded.orderId))[0]?.intent ?? '')
  const [row] = await shop.db.query<{ id: string }>(
    'SELECT id FROM subscriptions WHERE order_id = ?',
    [subscribed.orderId],
  )
  await askStripe(shop, `/subscriptions/${row?.id}`, {
    method: 'POST',
    form: { cancel_at_period_end: 'true' },
  })
  const { orderId: unseen } = await placeOrder(await shop.customer())
  await shop.stripe.pay(await sessionOf(shop.db, unseen))

  const found: Record<string, number> = {}
  for (let round = 0; round < 2; round++) {
    for (const report of await runSweeps(shop.db, shop.deps)) {
      expect(report.error).toBeUndefined()
      for (const [kind, count] of Object.entries(report.found)) {
        found[kind] = (found[kind] ?? 0) + count
      }
    }
    shop.clock.advance(11 * MINUTE_MS)
  }
  expect(found).toMatchObject({
    ghost: 1,
    orphan: 1,
    wrong_owner: 1,
    wrong_limits: 1,
    suspended_there: 1,
    wrong_node: 1,
    hold_missing: 1,
    refund: 1,
    subscription: 1,
    event: expect.any(Number),
  })
  expect(found.event).toBeGreaterThan(0)
  await shop.pass(MINUTE_MS)
  await runSweeps(shop.db, shop.deps)
  await shop.drain()
  const again = await foundBy('panel', 'ledger', 'refunds', 'subscriptions', 'stripe', 'jobs')
  expect(again).toEqual({})
  expect((await stateOf(shop, unseen)).order).toMatch(/^provision/)
  expect(atPanel(owner.serverId)?.ownerId).toBe(1)
  shop.panel.store.servers.rows.push(structuredClone(ghost.before))
  shop.panel.store.servers.remove(atPanel('1'.repeat(26))!)
  await shop.sweep('panel', 'ledger')
  await assertInvariants(shop)
})
