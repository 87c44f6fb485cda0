import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { holdCapacity, releaseCapacity } from '../api/checkout/capacity.ts'
import type { Client } from './support/client.ts'
import { failNode, panelAway, withholdWebhooks } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { placeOrder, PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Frankfurt has two nodes here; as large as they are at the panel, they never fill up by chance. */
const shop: Shop = await startShop()
const elsewhere = shop.panel.store.nodes.rows.find(({ name }) => name === 'nyc-1')?.locationId ?? 0
const [first, second] = shop.panel.store.nodes.rows.filter(({ name }) => name.startsWith('fra-'))
  .map(({ id }) => id) as [number, number]

beforeEach(async () => {
  for (const node of shop.panel.store.nodes.rows) node.maintenance = false
  await shop.sweep('capacity', 'ledger')
})

afterEach(async () => {
  shop.faults.clear()
  await assertInvariants(shop)
})

afterAll(() => shop.stop())

async function nodeOf(orderId: string): Promise<number | undefined> {
  const [row] = await shop.db.query<{ nodeId: number }>(
    'SELECT node_id AS nodeId FROM capacity_holds WHERE order_id = ? AND released_at IS NULL',
    [orderId],
  )
  return row?.nodeId
}

async function statusOf(orderId: string): Promise<string | undefined> {
  const [row] = await shop.db.query<{ status: string }>('SELECT status FROM orders WHERE id = ?', [
    orderId,
  ])
  return row?.status
}

async function kindsOf(customer: Client, orderId: string): Promise<string[]> {
  const { body } = await customer.get(`/api/orders/${orderId}`)
  return body.timeline.map((entry: { kind: string }) => entry.kind)
}

async function openAlerts(kind: string): Promise<string[]> {
  const rows = await shop.db.query<{ subject: string }>(
    'SELECT subject FROM alerts WHERE kind = ? AND resolved_at IS NULL ORDER BY subject',
    [kind],
  )
  return rows.map(({ subject }) => subject)
}

async function foundBy(name: 'ledger' | 'capacity'): Promise<Record<string, number>> {
  const [report] = await shop.sweep(name)
  return Object.fromEntries(Object.entries(report?.found ?? {}).filter(([, count]) => count > 0))
}

function nodeAtPanel(id: number) {
  const node = shop.panel.store.nodes.rows.find((node) => node.id === id)
  if (!node) throw new Error(`no node ${id}`)
  return node
}

async function paid(orderId: string): Promise<void> {
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(20_000, async () => await statusOf(orderId) === 'provisioned')
}

// ---- the ledger

test('a ledger that differs from its holds is repaired, told of, and then at rest', async () => {
  await placeOrder(await shop.customer())
  await shop.db.run('UPDATE panel_nodes SET memory_mib_held = memory_mib_held + 77 WHERE id = ?', [
    first,
  ])
  await shop.db.run('UPDATE panel_nodes SET ports_held = ports_held - 1 WHERE id = ?', [second])
  expect(await foundBy('ledger')).toEqual({ ledger: 2 })
  expect(await openAlerts('capacity_drift')).toEqual([`node:${first}`, `node:${second}`])
  expect(await foundBy('ledger')).toEqual({})
  expect(await openAlerts('capacity_drift')).toEqual([])
})

test('repairs do not race buyers: the sums are right whoever is first', async () => {
  const buyers = await Promise.all(Array.from({ length: 6 }, () => shop.customer()))
  for (let round = 0; round < 3; round++) {
    await shop.db.run('UPDATE panel_nodes SET memory_mib_held = memory_mib_held + 5')
    await Promise.all([
      ...buyers.map(async (buyer, index) => {
        const { orderId } = await placeOrder(buyer)
        if (index % 2) await buyer.post(`/api/orders/${orderId}/cancel`)
      }),
      ...Array.from({ length: 3 }, () => shop.sweep('ledger')),
    ])
    await shop.sweep('ledger')
    await assertInvariants(shop)
  }
})

test('a repair waits for the buyer who is in the middle of taking a place', async () => {
  const need = { memoryMib: 1000, diskMib: 1000, cpuPercent: 10, ports: 1 }
  const hold = { orderId: shop.deps.newId('order'), regionId: PURCHASE.region, need }
  const taken = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  await shop.db.run('UPDATE panel_nodes SET memory_mib_held = memory_mib_held + 5')
  const buying = shop.db.transaction(async (tx) => {
    await holdCapacity(tx, hold)
    taken.resolve()
    await done.promise
  })
  await taken.promise
  const sweeping = foundBy('ledger')
  await new Promise((resolve) => setTimeout(resolve, 300))
  done.resolve()
  await Promise.all([buying, sweeping])
  expect(await foundBy('ledger')).toEqual({ hold_left_over: 1 })
  await assertInvariants(shop)
})

test('a hold that nobody needs is given back; one that was lost is taken again, where its server is', async () => {
  const customer = await shop.customer()
  const { orderId: ended } = await placeOrder(customer)
  await customer.post(`/api/orders/${ended}/cancel`)
  const { orderId: running } = await placeOrder(customer)
  await paid(running)
  const { orderId: open } = await placeOrder(customer)
  const nodes = [await nodeOf(running), await nodeOf(open)]
  await shop.db.run('UPDATE capacity_holds SET released_at = NULL WHERE order_id = ?', [ended])
  for (const id of [running, open]) await shop.db.transaction((tx) => releaseCapacity(tx, id))
  expect(await foundBy('ledger'))
    .toEqual({ hold_left_over: 1, hold_missing: 2, ledger: expect.any(Number) })
  expect([await nodeOf(ended), await nodeOf(running)]).toEqual([undefined, nodes[0]])
  expect(await nodeOf(open)).toEqual(expect.any(Number))
  expect(await foundBy('ledger')).toEqual({})
})

test('a hold follows its server to the node where that is', async () => {
  const { orderId } = await placeOrder(await shop.customer())
  await paid(orderId)
  const other = await nodeOf(orderId) === first ? second : first
  const [server] = shop.panel.store.servers.rows.slice(-1)
  if (server) server.nodeId = other
  await shop.db.run('UPDATE servers SET node_id = ? WHERE order_id = ?', [other, orderId])
  expect(await foundBy('ledger')).toEqual({ hold_elsewhere: 1 })
  expect(await nodeOf(orderId)).toBe(other)
  expect(await foundBy('ledger')).toEqual({})
})

test.each(['canceled', 'expired', 'refused by the bank'])(
  'the hold of an order that is %s is given back once, whoever is first',
  async (how) => {
    const customer = await shop.customer()
    const { orderId } = await placeOrder(customer)
    const sessionId = await sessionOf(shop.db, orderId)
    if (how === 'refused by the bank') {
      await shop.stripe.pay(sessionId, { delayed: 'processing' })
      await shop.drain()
      expect(await nodeOf(orderId)).toEqual(expect.any(Number))
      await shop.stripe.settle(sessionId, 'failed')
    } else if (how === 'expired') await shop.deps.payments.expireCheckoutSession(sessionId)
    const end = () =>
      how === 'canceled'
        ? customer.post(`/api/orders/${orderId}/cancel`)
        : customer.post(`/api/orders/${orderId}/sync`)
    await Promise.all([end(), end(), shop.drain(), shop.sweep('ledger'), shop.sweep()])
    await shop.drain()
    expect(await statusOf(orderId)).toBe(how === 'canceled' ? 'canceled' : 'expired')
    expect(await nodeOf(orderId)).toBeUndefined()
    await assertInvariants(shop)
  },
)

test('the hold is the server’s once it is paid for, and comes back when the money does', async () => {
  const { orderId } = await placeOrder(await shop.customer())
  const held = await nodeOf(orderId)
  const away = panelAway(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  expect(await nodeOf(orderId)).toBe(held)
  shop.clock.advance(25 * HOUR_MS)
  await shop.drain()
  expect(await statusOf(orderId)).toBe('refunded')
  expect(await nodeOf(orderId)).toBe(held)
  away.cancel()
  shop.clock.advance(10 * MINUTE_MS)
  await Promise.all([shop.drain(), shop.sweep('ledger'), shop.sweep('ledger')])
  await shop.drain()
  expect(await nodeOf(orderId)).toBeUndefined()
})

test('an order that is being ended takes no hold again, once its server is gone', async () => {
  const { orderId } = await placeOrder(await shop.customer())
  const away = panelAway(shop)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  const stripeDown = shop.faults.order({
    on: { service: 'stripe', call: 'POST /v1/refunds' },
    fault: { name: 'status', status: 500 },
  })
  shop.clock.advance(25 * HOUR_MS)
  await shop.drain()
  away.cancel()
  shop.clock.advance(10 * MINUTE_MS)
  await shop.drain()
  expect(await statusOf(orderId)).not.toBe('refunded')
  expect(await nodeOf(orderId)).toBeUndefined()
  expect(await foundBy('ledger')).toEqual({})
  expect(await nodeOf(orderId)).toBeUndefined()
  stripeDown.cancel()
  await shop.pass(10 * MINUTE_MS, async () => await statusOf(orderId) === 'refunded')
  expect(await statusOf(orderId)).toBe('refunded')
})

// ---- nodes that change

test.each(['in maintenance', 'private', 'shrunk', 'filled', 'in another region'])(
  'a node that is %s gives its open holds to another: who pays finds room',
  async (how) => {
    const customer = await shop.customer()
    const { orderId } = await placeOrder(customer)
    const from = await nodeOf(orderId) ?? 0
    const node = nodeAtPanel(from)
    const before = { ...node }
    if (how === 'in maintenance') node.maintenance = true
    else if (how === 'private') node.public = false
    else if (how === 'shrunk') node.memory = 1
    else if (how === 'in another region') node.locationId = elsewhere
    else await fill(from, node.memory)
    expect(await foundBy('capacity')).toHaveProperty('hold_moved')
    expect(await nodeOf(orderId)).toBe(from === first ? second : first)
    expect(await kindsOf(customer, orderId)).toContain('order.hold_moved')
    await paid(orderId)
    expect(await statusOf(orderId)).toBe('provisioned')
    expect(await foundBy('capacity')).toEqual({})
    Object.assign(node, before)
    if (how === 'filled') await fill(from, 0)
  },
)

/** Somebody else's server takes this much memory of a node; 0 takes it away again. */
async function fill(nodeId: number, memoryMib: number): Promise<void> {
  const { panel } = shop.deps
  const there = await panel.findServer('somebody-elses')
  if (there) await panel.deleteServer(there.id)
  if (memoryMib === 0) return
  const egg = await panel.findEgg({ nestName: 'Minecraft', eggName: 'Vanilla Minecraft' })
  const [port] = await panel.listAllocations(nodeId, { free: true })
  await panel.createServer({
    externalId: 'somebody-elses',
    name: 'x',
    userId: 1,
    eggId: egg?.id ?? 0,
    allocationId: port?.id ?? 0,
    dockerImage: 'ghcr.io/pterodactyl/yolks:java_21',
    startup: 'java',
    environment: { SERVER_JARFILE: 'server.jar', VANILLA_VERSION: 'latest' },
    limits: { memoryMib, diskMib: 1, cpuPercent: 1 },
    featureLimits: { databases: 0, backups: 0, allocations: 0 },
  })
}

test('where no other node has room the order says so once, an operator is told, and it moves later', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const from = await nodeOf(orderId) ?? 0
  for (const id of [first, second]) nodeAtPanel(id).maintenance = true
  await foundBy('capacity')
  await foundBy('capacity')
  expect(await nodeOf(orderId)).toBe(from)
  expect((await kindsOf(customer, orderId)).filter((kind) => kind === 'order.hold_stuck'))
    .toHaveLength(1)
  expect(await openAlerts('capacity_stuck')).toContain(`node:${from}`)
  const other = from === first ? second : first
  nodeAtPanel(other).maintenance = false
  await foundBy('capacity')
  expect(await nodeOf(orderId)).toBe(other)
  expect(await openAlerts('capacity_stuck')).not.toContain(`node:${from}`)
})

test('the hold of a server whose create was sent stays where it is', async () => {
  failNode(shop, 'create', 'unreachable')
  const { orderId } = await placeOrder(await shop.customer())
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  const from = await nodeOf(orderId) ?? 0
  nodeAtPanel(from).maintenance = true
  await foundBy('capacity')
  expect(await nodeOf(orderId)).toBe(from)
  nodeAtPanel(from).maintenance = false
  await shop.pass(5 * MINUTE_MS, async () => await statusOf(orderId) === 'provisioned')
})

test('plans and regions show what is sold out, after each change of a node', async () => {
  const shown = async () => {
    const client = shop.client()
    const { body: plan } = await client.get(`/api/plans/${PURCHASE.planId}`)
    const { body: { regions } } = await client.get('/api/regions')
    return [...plan.regions, ...regions].filter(({ id }) => id === PURCHASE.region)
      .map(({ available }) => available)
  }
  expect(await shown()).toEqual([true, true])
  for (const id of [first, second]) nodeAtPanel(id).maintenance = true
  await foundBy('capacity')
  expect(await shown()).toEqual([false, false])
  expect(await openAlerts('capacity_low')).toEqual([PURCHASE.region])
  nodeAtPanel(first).maintenance = false
  await foundBy('capacity')
  expect(await shown()).toEqual([true, true])
  expect(await openAlerts('capacity_low')).toEqual([])
})

test('money that comes late for a hold that is gone finds room again, or waits for it', async () => {
  const withheld = withholdWebhooks(shop)
  const { orderId } = await placeOrder(await shop.customer())
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.db.transaction(async (tx) => {
    await tx.run("UPDATE orders SET status = 'expired' WHERE id = ?", [orderId])
    await releaseCapacity(tx, orderId)
  })
  withheld.cancel()
  await shop.stripe.idle()
  await Promise.all([shop.drain(), shop.sweep('ledger')])
  await shop.pass(20_000, async () => await statusOf(orderId) === 'provisioned')
  expect(await statusOf(orderId)).toBe('provisioned')
  expect(await nodeOf(orderId)).toEqual(expect.any(Number))
})
