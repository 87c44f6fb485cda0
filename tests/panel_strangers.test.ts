import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { forgetCircuit } from './support/faults.ts'
import { assertInvariants } from './support/invariants.ts'
import { kindsOf, stateOf } from './support/money.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

const MINUTE_MS = 60_000

const CREATE = 'POST /api/application/servers'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterEach(async () => {
  shop.intercept.panel = undefined
  await assertInvariants(shop)
})

afterAll(() => shop.stop())

interface Strange {
  what: string
  /** `*` for every call. */
  call: string
  answer: () => Response
  /** What the order says of it last. */
  says: string
}

function refusal(status: number, code: string, detail: string): Response {
  return Response.json({ errors: [{ code, status: String(status), detail }] }, { status })
}

/** What panels and the proxies before them have answered somewhere, and no fault here is named after. */
const STRANGE: Strange[] = [
  {
    what: 'Cloudflare’s 520 to a create',
    call: CREATE,
    answer: () => new Response('<html>520</html>', { status: 520 }),
    says: 'order.provision_retry',
  },
  {
    what: 'Cloudflare’s page that asks for a human',
    call: '*',
    answer: () => new Response('<html>1020</html>', { status: 403 }),
    says: 'order.waiting_for_panel',
  },
  {
    what: 'nothing, with a 200',
    call: CREATE,
    answer: () => new Response('', { status: 200 }),
    says: 'order.provision_retry',
  },
  {
    what: 'half of a list',
    call: 'GET /api/application/nodes',
    answer: () => new Response('{"object":"list","data":['),
    says: 'order.waiting_for_panel',
  },
  {
    what: 'that its database is away',
    call: '*',
    answer: () => refusal(500, 'QueryException', 'SQLSTATE[HY000] [2002] Connection refused'),
    says: 'order.waiting_for_panel_back',
  },
  {
    what: 'that no port is left anywhere',
    call: CREATE,
    answer: () => refusal(400, 'NoViableAllocationException', 'No allocations satisfying …'),
    says: 'order.waiting_for_room',
  },
  {
    what: 'that it may be asked again in three years',
    call: '*',
    answer: () => new Response('', { status: 429, headers: { 'retry-after': '99999999' } }),
    says: 'order.waiting_for_turn',
  },
]

test.each(STRANGE)(
  'a panel that answers $what costs no order, and the order says why',
  async (strange) => {
    const { call, answer, says } = strange
    const customer = await shop.customer()
    const { orderId } = await placeOrder(customer)
    shop.intercept.panel = async (request, next) => {
      const asked = `${request.method} ${new URL(request.url).pathname}`
      return call === '*' || call === asked ? answer() : await next(request)
    }
    await shop.stripe.pay(await sessionOf(shop.db, orderId))
    await shop.pass(5 * MINUTE_MS)
    expect((await kindsOf(shop, orderId)).at(-1)).toBe(says)
    shop.intercept.panel = undefined
    await forgetCircuit(shop)
    await shop.pass(10 * MINUTE_MS, async () => (await stateOf(shop, orderId)).server === 'active')
    expect(await stateOf(shop, orderId)).toMatchObject({ order: 'provisioned', server: 'active' })
  },
)

test('a node that refuses for long is a few rows of the timeline, and the order comes through', async () => {
  const { orderId } = await placeOrder(await shop.customer())
  shop.intercept.panel = async (request, next) => {
    const asked = `${request.method} ${new URL(request.url).pathname}`
    if (asked !== CREATE) return await next(request)
    return refusal(504, 'DaemonConnectionException', 'resulting in a HTTP/409 response code')
  }
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(20 * MINUTE_MS)
  const told = await kindsOf(shop, orderId)
  expect(told.at(-1)).toBe('order.waiting_for_node')
  expect(told.length).toBeLessThan(8)
  shop.intercept.panel = undefined
  await shop.pass(10 * MINUTE_MS, async () => (await stateOf(shop, orderId)).server === 'active')
  expect((await stateOf(shop, orderId)).order).toBe('provisioned')
})
