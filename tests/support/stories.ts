import { expect } from 'vitest'
import { insertUser } from '../../api/accounts/store.ts'
import { startSession } from '../../api/accounts/sessions.ts'
import { signatureHeader } from '../../dev/stripe/signature.ts'
import { type Actor, createMortal } from './crash_points.ts'
import { WEBHOOK_SECRET } from './environment.ts'
import { failNext } from './faults.ts'
import { assertInvariants } from './invariants.ts'
import { startMortalProcess } from './mortal_process.ts'
import { PURCHASE, sessionOf, type Shop } from './shop.ts'

/** What becomes of an order, step by step. */
export interface Story {
  name: string
  /** A step that the actor does not survive is done again with the next one, as people, Stripe and the clock would. */
  steps: Step[]
  /** The subscription as Stripe says it is; undefined: there is none. */
  ends: { order: string; servers: 0 | 1; subscription: 'active' | 'canceled' | undefined }
}

type Step = (scene: Scene) => Promise<void>

interface Scene {
  shop: Shop
  actor: Actor
  /** The buyer's, with their access token. */
  headers: Record<string, string>
  idempotencyKey: string
  orderId: string
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

/** What a dead worker had claimed is free again after this. */
const LEASE_MS = 45 * SECOND_MS

/** The shop that the stories are told in: its deadline is an hour, so that months do not pass. */
export const STORY_ENVIRONMENT = { REFUND_AFTER: '1h' }

export const stories: Story[] = [
  {
    name: 'bought',
    steps: [
      place,
      pay(),
      told('checkout.session.completed'),
      until('provisioned'),
      told('invoice.paid'),
      after(MINUTE_MS),
      after(10 * MINUTE_MS),
    ],
    ends: { order: 'provisioned', servers: 1, subscription: 'active' },
  },
  {
    name: 'bought, and no webhook came',
    steps: [
      place,
      pay(),
      after(2 * MINUTE_MS),
      swept,
      until('provisioned'),
      after(11 * MINUTE_MS),
    ],
    ends: { order: 'provisioned', servers: 1, subscription: 'active' },
  },
  {
    name: 'not paid',
    steps: [place, expire, told('checkout.session.expired'), until('expired')],
    ends: { order: 'expired', servers: 0, subscription: undefined },
  },
  {
    name: 'canceled',
    steps: [place, cancel, told('checkout.session.expired'), until('canceled')],
    ends: { order: 'canceled', servers: 0, subscription: undefined },
  },
  {
    name: 'refused by the bank',
    steps: [
      place,
      pay({ delayed: 'processing' }),
      told('checkout.session.completed'),
      until('payment_processing'),
      refuse,
      told('checkout.session.async_payment_failed'),
      until('expired'),
      after(MINUTE_MS),
    ],
    ends: { order: 'expired', servers: 0, subscription: 'canceled' },
  },
  {
    name: 'failed to install once',
    steps: [
      place,
      pay(),
      failing('install-fails'),
      told('checkout.session.completed'),
      until('provisioned'),
    ],
    ends: { order: 'provisioned', servers: 1, subscription: 'active' },
  },
  {
    name: 'lost at the panel, and found there',
    steps: [
      place,
      pay(),
      failing('drop-answer', 'POST /api/application/servers'),
      told('checkout.session.completed'),
      until('provisioned'),
    ],
    ends: { order: 'provisioned', servers: 1, subscription: 'active' },
  },
  {
    name: 'not delivered by the deadline',
    steps: [
      place,
      pay(),
      failing('install-never-ends'),
      told('checkout.session.completed'),
      until('provisioning'),
      after(10 * SECOND_MS),
      after(61 * MINUTE_MS),
      until('refunded'),
      after(5 * MINUTE_MS),
    ],
    ends: { order: 'refunded', servers: 0, subscription: 'canceled' },
  },
]

/** Tells a story with an actor that may die, and with another one from there on. */
export async function tell(shop: Shop, story: Story, actor: Actor): Promise<void> {
  const scene = await newScene(shop, actor)
  for (const step of story.steps) {
    await step(scene)
    if (scene.actor.dead()) await goOn(scene, step)
  }
  await expectEnd(scene, story)
}

/** A point, and a story that comes past it. */
export interface Death {
  story: Story
  point: string
}

/** How an actor meets its point: it stops for good, an error is thrown there, or its process is killed. */
export type Manner = 'stops' | 'throws' | 'is killed'

/** Which of several events is taken first is chance, and with it whether a story comes past a point. */
const TELLINGS = 6

/**
 * Tells a story whose actor comes to harm at a point, again until it has come past it. Throws an
 * error that names the point.
 */
export async function tellWithDeath(
  shop: Shop,
  { story, point }: Death,
  manner: Manner,
): Promise<void> {
  try {
    for (let telling = 0; telling < TELLINGS; telling++) {
      const came = manner === 'is killed'
        ? await tellWithKill(shop, story, point)
        : await tellWithError(shop, { story, point }, manner === 'throws')
      if (came) return
    }
    expect.fail(`not one of ${TELLINGS} tellings came past it`)
  } catch (cause) {
    throw new Error(`${story.name}: ${manner} at ${point}: ${cause}`, { cause })
  }
}

async function tellWithError(
  shop: Shop,
  { story, point }: Death,
  goesOn: boolean,
): Promise<boolean> {
  const mortal = createMortal(shop.deps, {
    goesOn,
    end(reached) {
      if (reached === point) throw new Error('the test ends it here')
    },
  })
  await tell(shop, story, mortal)
  return [...mortal.points].includes(point)
}

async function tellWithKill(shop: Shop, story: Story, point: string): Promise<boolean> {
  const mortal = await startMortalProcess(shop, point)
  try {
    await tell(shop, story, mortal)
    return mortal.dead()
  } finally {
    await mortal.end()
  }
}

/** The points that the stories come past, each in the first story that does. */
export async function recordPoints(shop: Shop): Promise<Death[]> {
  const known = new Set<string>()
  const recorded = []
  for (const story of stories) {
    const mortal = createMortal(shop.deps)
    await tell(shop, story, mortal)
    const fresh = [...mortal.points].filter((point) => !known.has(point))
    fresh.forEach((point) => known.add(point))
    recorded.push(...fresh.map((point) => ({ story, point })))
  }
  return recorded
}

/** Another worker takes over: what must hold, holds within two leases. */
async function goOn(scene: Scene, step: Step): Promise<void> {
  scene.actor = createMortal(scene.shop.deps)
  scene.shop.clock.advance(LEASE_MS)
  await step(scene)
  await scene.shop.drain()
  for (let left = 2 * LEASE_MS; !await holds(scene.shop); left -= 5 * SECOND_MS) {
    if (left <= 0) await assertInvariants(scene.shop)
    scene.shop.clock.advance(5 * SECOND_MS)
    await scene.shop.drain()
  }
}

async function holds(shop: Shop): Promise<boolean> {
  return await assertInvariants(shop).then(() => true, () => false)
}

async function expectEnd({ shop, orderId }: Scene, { ends }: Story): Promise<void> {
  const [order] = await shop.db.query<{ status: string; serverId: string | null }>(
    `SELECT o.status, s.id AS serverId FROM orders o LEFT JOIN servers s ON s.order_id = o.id
      WHERE o.id = ?`,
    [orderId],
  )
  const servers = [...shop.panel.store.servers.rows].filter((server) =>
    order?.serverId && server.externalId?.endsWith(order.serverId)
  )
  const session = await shop.deps.payments.getCheckoutSession(await sessionOf(shop.db, orderId))
  expect({
    order: order?.status,
    servers: servers.length,
    subscription: session?.subscription?.status,
  }).toEqual(ends)
  await assertInvariants(shop)
}

async function newScene(shop: Shop, actor: Actor): Promise<Scene> {
  // Every sweep is due, in each telling.
  await shop.db.run('DELETE FROM sweeps')
  const userId = shop.deps.newId('user')
  const email = `${crypto.randomUUID()}@example.com`
  await insertUser(shop.db, { id: userId, email, passwordHash: 'none', role: 'customer' })
  const session = await shop.db.transaction((tx) =>
    startSession(tx, shop.deps, { userId, userAgent: 'test' })
  )
  return {
    shop,
    actor,
    headers: {
      authorization: `Bearer ${await shop.deps.tokens.sign(session)}`,
      'content-type': 'application/json',
    },
    idempotencyKey: crypto.randomUUID(),
    orderId: '',
  }
}

async function place(scene: Scene): Promise<void> {
  const headers = { 'idempotency-key': scene.idempotencyKey }
  const answer = await persist(scene, '/api/checkout/sessions', { headers, body: PURCHASE })
  if (answer) scene.orderId = String(answer.orderId)
}

async function cancel(scene: Scene): Promise<void> {
  await persist(scene, `/api/orders/${scene.orderId}/cancel`, { body: {} })
}

function pay(options?: Parameters<Shop['stripe']['pay']>[1]): Step {
  return async ({ shop, orderId }) => {
    await shop.stripe.pay(await sessionOf(shop.db, orderId), options)
  }
}

async function expire({ shop, orderId }: Scene): Promise<void> {
  await shop.stripe.expire(await sessionOf(shop.db, orderId))
}

async function refuse({ shop, orderId }: Scene): Promise<void> {
  await shop.stripe.settle(await sessionOf(shop.db, orderId), 'failed')
}

function failing(fault: Parameters<typeof failNext>[1], call?: string): Step {
  return ({ shop }) => {
    failNext(shop, fault, call ? { call } : {})
    return Promise.resolve()
  }
}

/** Stripe sends an event of this order, and sends it again while it is not taken. */
function told(type: string): Step {
  return async (scene) => {
    const { shop, orderId } = scene
    const [session] = await shop.db.query<{ customer: string }>(
      'SELECT stripe_customer_id AS customer FROM checkout_sessions WHERE order_id = ?',
      [orderId],
    )
    const event = shop.stripe.events.find((one) =>
      one.type === type && 'customer' in one.data.object &&
      one.data.object.customer === session?.customer
    )
    expect(event, `Stripe has a ${type} to tell`).toBeDefined()
    const raw = JSON.stringify(event)
    const at = Math.floor(shop.clock.now().getTime() / SECOND_MS)
    const headers = { 'stripe-signature': await signatureHeader(raw, [WEBHOOK_SECRET], at) }
    await persist(scene, '/api/stripe/webhook', { headers, raw })
  }
}

function after(ms: number): Step {
  return async ({ shop, actor }) => {
    shop.clock.advance(ms)
    await actor.drain()
  }
}

async function swept({ actor }: Scene): Promise<void> {
  while (!await actor.sweep() && !actor.dead());
  await actor.drain()
}

function until(status: string): Step {
  return async ({ shop, actor, orderId }) => {
    for (let left = 15 * MINUTE_MS; left > 0 && !actor.dead(); left -= 2 * SECOND_MS) {
      await actor.drain()
      const [order] = await shop.db.query<{ status: string }>(
        'SELECT status FROM orders WHERE id = ?',
        [orderId],
      )
      if (order?.status === status) return
      shop.clock.advance(2 * SECOND_MS)
    }
    expect(actor.dead(), `the order comes to be ${status}`).toBe(true)
  }
}

/** Asks until it is answered well, as a buyer who is told to try again; undefined: the actor died. */
async function persist(
  scene: Scene,
  path: string,
  { headers, body, raw }: { headers?: Record<string, string>; body?: unknown; raw?: string },
): Promise<Record<string, unknown> | undefined> {
  for (let tries = 3;; tries--) {
    const answer = await scene.actor.send(
      new Request(scene.shop.url + path, {
        method: 'POST',
        headers: { ...scene.headers, ...headers },
        body: raw ?? JSON.stringify(body),
      }),
    )
    if (!answer) return undefined
    const said = await answer.text()
    if (answer.ok) return JSON.parse(said)
    expect(tries, `${path}: ${answer.status} ${said}`).toBeGreaterThan(1)
  }
}
