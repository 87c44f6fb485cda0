import { releaseCapacity } from '../../api/checkout/capacity.ts'
import type { OptionBody } from '../../api/plans/bodies.ts'
import { createRandom } from '../../dev/random.ts'
import type { Client } from '../support/client.ts'
import { createStandingClock } from '../support/clock.ts'
import { failNext, panelAway } from '../support/faults.ts'
import { chargeOf, paymentsOf } from '../support/money.ts'
import { PURCHASE, sessionOf, type Shop, startShop } from '../support/shop.ts'

/** A shop in which everything a page can show has happened. Its clock stands still. */
export interface Showcase {
  shop: Shop
  /** A customer with an order in every state. */
  customer: Login
  /** A customer who has bought nothing yet. */
  newcomer: Login
  orders: Record<StoryName, string>
  /** The servers of the orders that have one. */
  servers: Record<'running' | 'installing', string>
  /** A plan that one of its regions has no room for. */
  planWithFullRegion: string
  /** A plan that no region has room for. */
  soldOutPlan: string
  stop(): Promise<void>
}

export interface Login {
  email: string
  password: string
  cookies: { name: string; value: string; url: string }[]
}

export type StoryName =
  | 'running'
  | 'disputed'
  | 'expired'
  | 'canceled'
  | 'refunded'
  | 'review'
  | 'processing'
  | 'failed'
  | 'installing'
  | 'panel'
  | 'room'
  | 'pending'

const OPENING = new Date('2026-03-12T08:12:30.500Z')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const PASSWORD = 'correct horse battery'

/** Starts the shop and lives through every story, by its API and its emulators alone. */
export async function startShowcase(
  options: { storefront: string; databaseServer?: string },
): Promise<Showcase> {
  const clock = createStandingClock(OPENING)
  const shop = await startShop({
    ...options,
    clock,
    random: createRandom(20_260_312),
    runJobs: false,
  })
  try {
    const email = 'robin@example.com'
    const customer = await shop.customer(email)
    await confirmAddress(shop, email)
    await shop.customer('newcomer@example.com')
    const orders = await liveThrough(shop, customer)
    await fillRegions(shop)
    await logIn(shop, email, PHONE)
    return {
      shop,
      customer: await logIn(shop, email, COMPUTER),
      newcomer: await logIn(shop, 'newcomer@example.com', COMPUTER),
      orders,
      servers: {
        running: await serverOf(customer, orders.running),
        installing: await serverOf(customer, orders.installing),
      },
      planWithFullRegion: 'minecraft-paper-8gb',
      soldOutPlan: 'rust-12gb',
      stop: () => shop.stop(),
    }
  } catch (error) {
    await shop.stop()
    throw error
  }
}

async function liveThrough(shop: Shop, customer: Client): Promise<Record<StoryName, string>> {
  const running = await delivered(shop, customer, {
    serverName: 'Creeper Cove',
    planId: 'minecraft-paper-4gb',
  })
  shop.clock.advance(3 * HOUR_MS)
  await delivered(shop, customer, {
    serverName: 'Rust Never Sleeps',
    planId: 'rust-8gb',
    term: 'quarterly',
  })
  shop.clock.advance(2 * HOUR_MS)
  const disputed = await takenBack(shop, customer)
  const expired = await runOut(shop, customer)
  const canceled = await callOff(shop, customer)
  const refunded = await giveUp(shop, customer)
  shop.clock.advance(4 * HOUR_MS)
  const review = await differ(shop, customer)
  shop.clock.advance(9 * MINUTE_MS)
  const processing = await payLater(shop, customer)
  shop.clock.advance(7 * MINUTE_MS)
  const failed = await failToInstall(shop, customer)
  const installing = await stillInstalling(shop, customer)
  const panel = await waitForPanel(shop, customer)
  const room = await waitForRoom(shop, customer)
  const pending = await place(shop, customer, {
    serverName: 'Lunar Outpost',
    planId: 'garrys-mod-6gb',
    term: 'yearly',
  })
  return {
    running,
    disputed,
    expired,
    canceled,
    refunded,
    review,
    processing,
    failed,
    installing,
    panel,
    room,
    pending,
  }
}

async function delivered(
  shop: Shop,
  customer: Client,
  choice: Record<string, unknown>,
): Promise<string> {
  const orderId = await place(shop, customer, choice)
  shop.clock.advance(48_000)
  await pay(shop, orderId)
  await shop.pass(5 * MINUTE_MS, () => hasStatus(customer, orderId, 'provisioned'))
  await shop.pass(12 * MINUTE_MS) // the two later looks at the server are over, too
  return orderId
}

/** The buyer's bank asks for the money back. */
async function takenBack(shop: Shop, customer: Client): Promise<string> {
  const orderId = await delivered(shop, customer, { serverName: 'Second Mortgage' })
  shop.clock.advance(HOUR_MS)
  const [payment] = await paymentsOf(shop, orderId)
  await shop.stripe.dispute(await chargeOf(shop, payment?.intent ?? ''))
  await shop.drain()
  return orderId
}

async function runOut(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, { serverName: 'Sunday Raid', planId: 'rust-8gb' })
  shop.clock.advance(36 * MINUTE_MS)
  await shop.stripe.expire(await sessionOf(shop.db, orderId))
  await shop.drain()
  return orderId
}

async function callOff(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, { serverName: 'Second Thoughts' })
  shop.clock.advance(MINUTE_MS)
  await customer.post(`/api/orders/${orderId}/cancel`)
  await shop.drain()
  return orderId
}

/** The panel is away for longer than a buyer has to wait, so the money goes back. */
async function giveUp(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, { serverName: 'Iron Hollow', term: 'yearly' })
  shop.clock.advance(31_000)
  const away = panelAway(shop)
  await pay(shop, orderId)
  for (const hours of [1, 8, 14, 2]) {
    shop.clock.advance(hours * HOUR_MS)
    await shop.sweep()
    await shop.drain()
  }
  away.cancel()
  shop.clock.advance(20 * MINUTE_MS)
  await signInAgain(customer)
  await shop.drain()
  return orderId
}

/** Stripe names another amount than was agreed, which a person has to look at. */
async function differ(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, { serverName: 'Night Market' })
  shop.clock.advance(41_000)
  shop.intercept.stripe = async (request, next) => {
    const response = await next(request)
    const isSession = request.method === 'GET' &&
      /^\/v1\/checkout\/sessions\/cs_/.test(new URL(request.url).pathname)
    if (!isSession) return response
    return Response.json({ ...await response.json(), amount_total: 1 }, response)
  }
  await pay(shop, orderId)
  shop.intercept.stripe = undefined
  return orderId
}

/** A payment from a bank account, which takes days. */
async function payLater(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, { serverName: 'Slow Money' })
  shop.clock.advance(52_000)
  await shop.stripe.pay(await sessionOf(shop.db, orderId), { delayed: 'processing' })
  await shop.drain()
  return orderId
}

async function failToInstall(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, { serverName: 'Glitch Garden' })
  shop.clock.advance(36_000)
  failNext(shop, 'install-fails')
  await pay(shop, orderId)
  await shop.pass(5 * MINUTE_MS, () => hasStatus(customer, orderId, 'provision_failed'))
  return orderId
}

async function stillInstalling(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, {
    serverName: 'Fresh Sprout',
    planId: 'minecraft-forge-4gb',
    region: 'new-york',
  })
  shop.clock.advance(3_000)
  shop.panel.setInstallMs(HOUR_MS)
  await pay(shop, orderId)
  return orderId
}

async function waitForPanel(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, { serverName: 'Quiet Harbour' })
  const away = panelAway(shop)
  await pay(shop, orderId)
  away.cancel()
  return orderId
}

/** A paid order whose place went to nobody's fault: its region filled up. */
async function waitForRoom(shop: Shop, customer: Client): Promise<string> {
  const orderId = await place(shop, customer, {
    serverName: 'Crowded House',
    planId: 'minecraft-vanilla-2gb',
    region: 'singapore',
  })
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.db.transaction((tx) => releaseCapacity(tx, orderId))
  await leaveMemory(shop, 'singapore', 0)
  await shop.drain()
  return orderId
}

async function place(
  shop: Shop,
  customer: Client,
  choice: Record<string, unknown>,
): Promise<string> {
  await signInAgain(customer)
  const planId = String(choice.planId ?? PURCHASE.planId)
  const { body: plan } = await customer.get(`/api/plans/${planId}`)
  const options = Object.fromEntries(
    plan.options.map((option: OptionBody) => [option.variable, valueFor(option)]),
  )
  const order = { ...PURCHASE, ...choice, planId, options }
  const { body } = await customer.post('/api/checkout/sessions', order, {
    'idempotency-key': crypto.randomUUID(),
  })
  if (!body.orderId) throw new Error(`Cannot order as the shop refuses: ${JSON.stringify(body)}`)
  await shop.drain()
  return body.orderId
}

/** What the form shows first, and some words where it has to be filled in. */
function valueFor({ default: first, required }: OptionBody): string {
  return first === '' && required ? 'four-plain-words' : first
}

async function pay(shop: Shop, orderId: string): Promise<void> {
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
}

async function hasStatus(customer: Client, orderId: string, status: string): Promise<boolean> {
  await signInAgain(customer)
  return (await customer.get(`/api/orders/${orderId}`)).body.order?.status === status
}

/** The access token lasts ten minutes, and the clock here moves faster. */
async function signInAgain(customer: Client): Promise<void> {
  const { status } = await customer.get('/api/auth/me')
  if (status === 401) await customer.post('/api/auth/refresh')
}

async function serverOf(customer: Client, orderId: string): Promise<string> {
  return (await customer.get(`/api/orders/${orderId}`)).body.order.serverId
}

/** Room for middle-sized plans in one region, for small ones in another, for none in the last. */
async function fillRegions(shop: Shop): Promise<void> {
  await leaveMemory(shop, 'frankfurt', 10_240)
  await leaveMemory(shop, 'new-york', 5_120)
  await leaveMemory(shop, 'singapore', 0)
}

async function leaveMemory(shop: Shop, regionId: string, mib: number): Promise<void> {
  await shop.db.run(
    `UPDATE panel_nodes SET memory_mib_foreign = memory_mib_limit - memory_mib_held - ?
      WHERE region_id = ?`,
    [mib, regionId],
  )
}

/** By the link in the mail, as the customer would. */
async function confirmAddress(shop: Shop, email: string): Promise<void> {
  await shop.drain()
  const mail = shop.mails.find(({ to, tags }) =>
    to.includes(email) && tags.template === 'verify_email'
  )
  const [, token] = /#([\w-]+)/.exec(mail?.text ?? '') ?? []
  await shop.client().post('/api/auth/verification/confirm', { token })
}

const COMPUTER = 'Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0'
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.2 Mobile/15E148 Safari/604.1'

async function logIn(shop: Shop, email: string, userAgent: string): Promise<Login> {
  const client = shop.client()
  const headers = { 'user-agent': userAgent }
  const { status, body } = await client.post(
    '/api/auth/login',
    { email, password: PASSWORD },
    headers,
  )
  if (status !== 200) throw new Error(`Cannot log in as the shop says ${JSON.stringify(body)}`)
  const cookies = [...client.cookies].map(([name, value]) => ({ name, value, url: shop.url }))
  return { email, password: PASSWORD, cookies }
}
