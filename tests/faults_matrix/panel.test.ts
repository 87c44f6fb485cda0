import { describe, expect, test } from 'vitest'
import type { RuleOrder, WingsAction } from '../../dev/faults/rule.ts'
import { type Buyer, startBench } from '../support/cells.ts'
import { live, settle } from '../support/settle.ts'

const bench = startBench()

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

type Fault = RuleOrder['fault']

/** What can stand between us and an answer of the panel, whatever is asked of it. */
const WIRE: [string, Fault][] = [
  ['TE: the connection closes before the work', 'refuse'],
  ['TE: the connection closes after the work', 'drop-answer'],
  ['5xx: an error of the panel', { name: 'status', status: 500 }],
  ['5xx: the panel is down for maintenance', { name: 'status', status: 503 }],
  ['5xx: a proxy gave up', { name: 'html', status: 504 }],
  ['429: too many calls', { name: 'rate-limit', seconds: 40 }],
  ['BAD: the answer is no JSON', 'malformed-body'],
  ['BAD: the answer is a page of HTML with 200', { name: 'html', status: 200 }],
  ['401: the key is revoked', 'key-revoked'],
  ['403: the key lacks a right', {
    name: 'status',
    status: 403,
    code: 'AccessDeniedHttpException',
  }],
]

/** Steps whose call meets a fault twice, and must end in one server all the same. */
const CREATE = 'POST /api/application/servers'

const CALLS: Record<string, string> = {
  'panel user create': 'POST /api/application/users',
  'panel server create': CREATE,
  'wait for install': 'GET /api/application/servers/external/:id',
}

async function expectOneAtPanel(buyer: Buyer): Promise<void> {
  await bench.expectDelivered(buyer)
  const [server] = await bench.shop.db.query<{ id: string; user: string }>(
    'SELECT id, user_id AS user FROM servers WHERE order_id = ?',
    [buyer.orderId],
  )
  const { servers, users } = bench.shop.panel.store
  const there = servers.rows.filter((row) => row.externalId?.endsWith(server?.id ?? '?'))
  expect(there).toMatchObject([{ status: null }])
  const accounts = users.rows.filter((row) => row.externalId?.endsWith(server?.user ?? '?'))
  expect(accounts.map((row) => row.id)).toEqual([there[0]?.ownerId])
}

/** One answer of each kind, where the server's create has met them all. */
const KINDS = WIRE.filter(([name]) => /^(TE|429)|gave up$|no JSON$/.test(name))

describe.each(Object.entries(CALLS))('%s', (step, call) => {
  test.each(call === CREATE ? WIRE : KINDS)(
    '%s: one server and one account',
    async (_name, fault) => {
      // What the panel confirmed is asked for alone.
      const buyer = await bench.open()
      const rule = bench.fault(
        { service: 'panel', call },
        fault,
        step === 'wait for install' ? 3 : 2,
      )
      await bench.shop.stripe.pay(buyer.sessionId)
      await expectOneAtPanel(buyer)
      expect(rule.fired).toBeGreaterThan(0)
    },
  )
})

/** The timeline of an order with which nothing went wrong. */
const UNEVENTFUL = [
  'order.placed',
  'order.paid',
  'order.provisioning',
  'server.created',
  'server.active',
]

describe('panel server create', () => {
  test.each<[string, Fault, WingsAction?]>([
    ['504: the panel takes back what it made after 10 s', 'roll-back'],
    ['504: the panel takes back what it made after 40 s', { name: 'roll-back', seconds: 40 }],
    ['504: the node is away', 'wings-down', 'create'],
    ['the node refuses: 500', 'wings-refuses', 'create'],
    ['the node refuses: 409', { name: 'wings-refuses', status: 409 }, 'create'],
    ['RACE: the external id is taken', { name: 'lost-race', field: 'external_id' }],
    ['no node has room', 'node-full'],
    ['no node has a port', { name: 'node-full', of: 'ports' }],
  ])('%s: one server, and the timeline tells of it', async (_name, fault, wings) => {
    const buyer = await bench.paid()
    const rule = bench.fault({ service: 'panel', ...(wings ? { wings } : {}) }, fault)
    await expectOneAtPanel(buyer)
    expect(rule.fired).toBe(1)
    expect((await bench.kinds(buyer)).filter((kind) => !UNEVENTFUL.includes(kind))).not.toEqual([])
  })

  test('RACE: the port is taken: another is, and there is nothing to tell', async () => {
    const buyer = await bench.paid()
    const rule = bench.fault({ service: 'panel' }, { name: 'lost-race', field: 'allocation_id' })
    await expectOneAtPanel(buyer)
    expect(rule.fired).toBe(1)
    expect(await bench.kinds(buyer)).toEqual(UNEVENTFUL)
  })

  test('422: the panel refuses the server: it says so, and goes on once that is mended', async () => {
    const buyer = await bench.paid()
    const field = 'environment.SERVER_JARFILE'
    const refusal = { name: 'status', status: 422, code: 'ValidationException', field } as const
    const rule = bench.fault({ service: 'panel', call: CREATE }, refusal)
    await expectOneAtPanel(buyer)
    expect(rule.fired).toBe(1)
    expect(await bench.kinds(buyer)).toContain('order.provision_failed')
  })

  test('every create is taken back twenty times in a row: one server', async () => {
    const buyer = await bench.paid()
    const rule = bench.fault({ service: 'panel' }, { name: 'roll-back', seconds: 40 }, 20)
    await settle(bench.shop, 1.5 * HOUR_MS)
    await expectOneAtPanel(buyer)
    expect(rule.fired).toBe(20)
  })
})

describe('wait for install', () => {
  test('the installation fails three times: the fourth is the server', async () => {
    const buyer = await bench.paid()
    const rule = bench.fault({ service: 'panel' }, 'install-fails', 3)
    await settle(bench.shop, 1.5 * HOUR_MS)
    await expectOneAtPanel(buyer)
    expect(rule.fired).toBe(3)
    expect((await bench.kinds(buyer)).filter((kind) => kind === 'server.install_failed'))
      .toHaveLength(3)
  })

  test('the node forgets the installation: the order does not wait for ever', async () => {
    const buyer = await bench.paid()
    bench.fault({ service: 'panel' }, 'install-never-ends')
    await bench.shop.drain()
    for (const node of bench.shop.panel.store.nodes.rows) bench.shop.panel.rebootWings(node.id)
    await settle(bench.shop, 3 * HOUR_MS)
    expect(await bench.status(buyer)).toMatch(/^(provisioned|refunded)$/)
  })

  test('the installation never ends: said to the customer, and refunded at the deadline', async () => {
    const buyer = await bench.paid()
    bench.fault({ service: 'panel' }, 'install-never-ends')
    await live(bench.shop, 30 * MINUTE_MS, 5 * MINUTE_MS)
    expect(await bench.kinds(buyer)).toContain('server.installing_slowly')
    await settle(bench.shop, 3 * HOUR_MS)
    expect(await bench.status(buyer)).toBe('refunded')
  })

  test('404: the panel lost the server while it installed: made again, once', async () => {
    bench.shop.panel.setInstallMs(30_000)
    const buyer = await bench.paid()
    await bench.shop.drain()
    const { servers } = bench.shop.panel.store
    const [server] = servers.rows.slice(-1)
    expect(server?.status).toBe('installing')
    if (server) servers.remove(server)
    bench.shop.panel.setInstallMs(3000)
    await expectOneAtPanel(buyer)
    expect(await bench.kinds(buyer)).toContain('server.gone')
  })
})
