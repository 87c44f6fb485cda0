import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { runOperators } from '../api/admin/operators_cli.ts'
import { runOrders } from '../api/admin/orders_cli.ts'
import { failNext, withholdWebhooks } from './support/faults.ts'
import {
  commandEnvironment,
  MAIL_KEY,
  PANEL_KEY,
  STRIPE_KEY,
  WEBHOOK_SECRET,
} from './support/environment.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop
let environment: Record<string, string>
/** Delivered. */
let orderId: string

beforeAll(async () => {
  shop = await startShop({ installMs: 0 })
  environment = await environmentOf(shop)
  orderId = await deliver()
})

afterAll(() => shop.stop())

async function environmentOf({ db, deps: { config } }: Shop): Promise<Record<string, string>> {
  const [row] = await db.query<{ name: string }>('SELECT DATABASE() AS name')
  return commandEnvironment(config, `${inject('databaseUrl')}/${row?.name}`)
}

async function pay(): Promise<string> {
  const placed = await placeOrder(await shop.customer())
  await shop.stripe.pay(await sessionOf(shop.db, placed.orderId))
  return placed.orderId
}

async function deliver(): Promise<string> {
  const paid = await pay()
  await shop.pass(30_000, async () => await statusOf(paid) === 'provisioned')
  return paid
}

async function statusOf(id: string): Promise<string | undefined> {
  const [row] = await shop.db.query<{ status: string }>('SELECT status FROM orders WHERE id = ?', [
    id,
  ])
  return row?.status
}

async function run(program: 'orders' | 'operators', ...args: string[]) {
  const said = { out: '', error: '' }
  const say = (text: string, exitCode: number) => {
    said[exitCode === 2 ? 'error' : 'out'] += `${text}\n`
    return exitCode
  }
  const command = program === 'orders' ? runOrders : runOperators
  return { code: await command(args, environment, say), ...said }
}

async function auditOf(subject: string) {
  return await shop.db.query<{ actor: string; action: string }>(
    'SELECT actor, action FROM audit_log WHERE subject = ? ORDER BY at, id',
    [subject],
  )
}

test('orders show tells everything about an order, with causes, and no secret', async () => {
  const { code, out } = await run('orders', 'show', orderId)
  expect(code).toBe(0)
  expect(out).toMatch(/order\.paid {2}Your payment arrived/)
  expect(out).toContain(await sessionOf(shop.db, orderId))
  expect(out).toMatch(/server\.provision:srv_\w+ {2}done/)
  expect(out).toMatch(/checkout\.session\.completed/)
  expect(out).toContain('https://dashboard.stripe.com/test/payments/pi_')
  const json = await run('orders', 'show', orderId, '--json')
  expect(JSON.parse(json.out)).toMatchObject({ order: { id: orderId, status: 'provisioned' } })
  for (const secret of [STRIPE_KEY, PANEL_KEY, WEBHOOK_SECRET, MAIL_KEY]) {
    expect(out + json.out).not.toContain(secret)
  }
})

test('an order that waits is listed as stuck, retried, given more time and refunded', async () => {
  failNext(shop, { name: 'status', status: 500 }, { call: 'POST /api/application/servers' })
  const stuck = await pay()
  await shop.drain()
  await shop.db.run("UPDATE orders SET waiting_for = 'panel' WHERE id = ?", [stuck])
  const list = await run('orders', 'list', '--stuck')
  expect(list.out).toContain(stuck)
  expect(list.out).not.toContain(orderId)

  const refundAt = async () =>
    (await shop.db.query<{ at: Date }>('SELECT refund_at AS at FROM orders WHERE id = ?', [
      stuck,
    ]))[0]?.at.getTime() ?? 0
  const before = await refundAt()
  expect(await run('orders', 'extend', stuck, '--by', '24h')).toMatchObject({
    code: 1,
    out: expect.stringContaining('Nothing was done: add --yes to do it.'),
  })
  expect(await refundAt()).toBe(before)
  expect((await run('orders', 'extend', stuck, '--by', '24h', '--yes', '--as', 'ann')).code).toBe(0)
  expect(await refundAt()).toBe(before + 86_400_000)

  const retried = await run('orders', 'retry', stuck, '--yes')
  expect(retried).toMatchObject({ code: 0, out: expect.stringContaining('server.') })
  const refunded = await run('orders', 'refund', stuck, '--reason', 'asked for it', '--yes')
  expect(refunded).toMatchObject({ code: 0, out: expect.stringContaining('at Stripe') })
  await shop.pass(120_000, async () => await statusOf(stuck) === 'refunded')
  expect(await statusOf(stuck)).toBe('refunded')
  expect(await auditOf(stuck)).toEqual([
    { actor: 'cli:ann', action: 'order.extend_deadline' },
    { actor: 'cli', action: 'order.retry' },
    { actor: 'cli', action: 'order.refund' },
  ])
})

test('an event that never came is fetched from Stripe, and one that came is acted on again', async () => {
  const kept = withholdWebhooks(shop)
  const paid = await pay()
  const event = shop.stripe.events.findLast(({ type }) => type === 'checkout.session.completed')
  const id = event?.id ?? ''
  expect((await run('orders', 'replay', id)).out).toContain('over from Stripe')
  expect((await run('orders', 'replay', id, '--yes')).code).toBe(0)
  await shop.pass(30_000, async () => await statusOf(paid) === 'provisioned')
  expect(await statusOf(paid)).toBe('provisioned')
  kept.cancel()
  const again = await run('orders', 'replay', id, '--yes')
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Acts again on') })
  await shop.drain()
  const [row] = await shop.db.query('SELECT status, attempts FROM stripe_events WHERE id = ?', [id])
  expect(row).toEqual({ status: 'done', attempts: 1 })
  expect(await run('orders', 'replay', 'evt_nobody', '--yes')).toMatchObject({ code: 1 })
})

test('a server made by hand takes the place of one that vanished, and only of that', async () => {
  const { store } = shop.panel
  const [ours] = await shop.db.query<{ pteroServerId: number; id: string }>(
    'SELECT id, ptero_server_id AS pteroServerId FROM servers WHERE order_id = ?',
    [orderId],
  )
  const lost = store.servers.get(ours?.pteroServerId ?? 0)
  const made = (changes: Partial<typeof lost>) =>
    store.servers.insert((id) => ({
      ...lost,
      id,
      uuid: crypto.randomUUID(),
      externalId: null,
      ...changes,
    }))
  const copy = made({ description: 'made by hand' })
  const attach = (...more: string[]) => run('orders', 'attach', orderId, ...more)
  expect(await attach(String(copy.id))).toMatchObject({
    code: 1,
    error: '',
    out: expect.stringContaining('own server is at the panel'),
  })
  store.servers.remove(lost)
  const strangers = made({ ownerId: 1 })
  expect((await attach(String(strangers.id), '--yes')).out).toMatch(/belongs to user 1/)
  const other = made({ externalId: 'other-shop-7' })
  expect((await attach(String(other.id), '--yes')).out).toMatch(/another external id already/)
  const wrong = made({ eggId: [...store.eggs.rows].find(({ id }) => id !== lost.eggId)?.id ?? 0 })
  expect((await attach(String(wrong.id), '--yes')).out).toMatch(/It runs egg/)
  const large = made({ memory: 2 * lost.memory })
  expect((await attach(String(large.id), '--yes')).out).toMatch(/another size/)
  expect((await attach('99999', '--yes')).out).toMatch(/no server 99999/)

  expect((await attach(copy.uuid)).out).toContain('Nothing was done')
  expect(await attach(copy.uuid, '--yes')).toMatchObject({ code: 0 })
  expect(store.servers.get(copy.id)).toMatchObject({
    externalId: expect.stringMatching(new RegExp(`^[a-z0-9]{8}-${ours?.id}$`)),
    description: 'made by hand',
    ownerId: lost.ownerId,
    name: lost.name,
  })
  const [row] = await shop.db.query('SELECT ptero_server_id AS n FROM orders WHERE id = ?', [
    orderId,
  ])
  expect(row).toEqual({ n: copy.id })
  expect(await auditOf(orderId)).toContainEqual({ actor: 'cli', action: 'order.attach' })
  expect((await run('orders', 'show', orderId)).out).toContain('server.attached')
})

test('sweeps run by hand say what they found', async () => {
  const { code, out } = await run('orders', 'sweep', 'open-orders', '--yes')
  expect({ code, out }).toEqual({ code: 0, out: 'open-orders: found nothing\n' })
  expect(await auditOf('shop')).toContainEqual({ actor: 'cli', action: 'sweep.run' })
})

test.each<[['orders' | 'operators', ...string[]], number, RegExp]>([
  [['orders'], 2, /deno task orders list/],
  [['orders', 'frob'], 2, /Cannot run "frob"/],
  [['orders', 'show', 'ord_1'], 2, /Cannot find an order by "ord_1"/],
  [['orders', 'show', `ord_${'0'.repeat(26)}`], 1, /There is no order ord_0/],
  [['orders', 'refund', `ord_${'0'.repeat(26)}`], 2, /give --reason/],
  [['orders', 'extend', `ord_${'0'.repeat(26)}`, '--by', 'long'], 2, /such as 90m, 24h or 3d/],
  [['orders', 'sweep', 'nothing'], 2, /there are open-orders/],
  [['orders', 'list', '--as', '/home/me'], 0, /ord_/],
  [['orders', 'retry', `ord_${'0'.repeat(26)}`, '--as', '/home/me'], 2, /at most 30 letters/],
  [['operators', 'add', 'nobody@example.com'], 1, /Nobody has an account/],
  [['operators', 'add', 'nobody'], 2, /Cannot use that address/],
])('a command that cannot be done says in one breath why: %j', async (args, code, message) => {
  const done = await run(...args)
  expect({ code: done.code, text: done.error + done.out })
    .toEqual({ code, text: expect.stringMatching(message) })
  expect(done.error).not.toMatch(/^\s+at /m)
})

test('nobody becomes an operator but by the command, with an address that was confirmed', async () => {
  const email = 'ann@example.com'
  const client = await shop.customer(email)
  expect(await run('operators', 'add', email)).toMatchObject({
    code: 1,
    out: expect.stringContaining('never confirmed'),
  })
  await shop.db.run('UPDATE users SET email_verified_at = {now} WHERE email = ?', [email])
  expect((await client.get('/api/admin/orders')).status).toBe(404)
  expect((await run('operators', 'add', email, '--as', 'bob')).code).toBe(0)
  expect((await client.get('/api/admin/orders')).status).toBe(200)
  expect((await run('operators', 'list')).out).toContain(email)
  expect((await run('operators', 'remove', email)).code).toBe(0)
  expect((await client.get('/api/admin/orders')).status).toBe(404)
  const [{ id = '' } = {}] = await shop.db.query<{ id: string }>(
    'SELECT id FROM users WHERE email = ?',
    [email],
  )
  expect(await auditOf(id)).toEqual(expect.arrayContaining([
    { actor: 'cli:bob', action: 'operator.add' },
    { actor: 'cli', action: 'operator.remove' },
  ]))
})
