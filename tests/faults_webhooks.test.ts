import Stripe from 'stripe'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RuleOrder } from '../dev/faults/rule.ts'
import { createStripeEmulator, type StripeEmulator } from '../dev/stripe/emulator.ts'
import type { WebhookAttempt } from '../dev/stripe/webhooks.ts'
import { createClock } from './support/clock.ts'
import { STRIPE_KEY, WEBHOOK_SECRET } from './support/environment.ts'
import { serve } from './support/serve.ts'

const clock = createClock()
let emulator: StripeEmulator
let stripe: Stripe
let hook: ReturnType<typeof serve>
let url: string
/** Every request to the endpoint, in the order they came. */
let received: {
  id: string
  type: string
  email: string
  pending: number
  header: string
  body: string
}[]
let attempts: WebhookAttempt[]
let answer: () => Response

beforeEach(() => {
  hook = serve()
  url = `${hook.url}/hook`
  received = []
  attempts = []
  answer = () => new Response('taken')
  hook.handler = async (request) => {
    const body = await request.text()
    const { id, type, data, pending_webhooks: pending } = JSON.parse(body)
    const header = request.headers.get('Stripe-Signature') ?? ''
    received.push({ id, type, email: data.object.email, pending, header, body })
    return answer()
  }
  emulator = createStripeEmulator({
    url: 'http://stripe.test',
    secretKey: STRIPE_KEY,
    now: clock.now,
    retryDelaysMs: [20, 40],
    onWebhook: (attempt) => attempts.push(attempt),
  })
  emulator.addWebhookEndpoint({ url, secret: WEBHOOK_SECRET })
  const fetchEmulator = (input: string | URL | Request, init?: RequestInit) =>
    emulator.fetch(new Request(input, init))
  const httpClient = Stripe.createFetchHttpClient(fetchEmulator)
  stripe = new Stripe(STRIPE_KEY, { httpClient, telemetry: false })
})

afterEach(async () => {
  emulator.close()
  await hook.stop()
})

/** Each makes one event. */
async function customers(...emails: string[]): Promise<void> {
  for (const email of emails) await stripe.customers.create({ email })
}

function order(fault: RuleOrder['fault'], when: RuleOrder['when'] = {}) {
  return emulator.faults.order({ on: { service: 'stripe', event: 'customer.*' }, when, fault })
}

function verify({ body, header }: { body: string; header: string }, secret = WEBHOOK_SECRET) {
  return Stripe.webhooks.constructEventAsync(
    body,
    header,
    secret,
    300,
    undefined,
    clock.now().getTime(),
  )
}

function emails(): string[] {
  return received.map(({ email }) => email)
}

test('without a fault an event is sent once, signed, and tells how many have not taken it', async () => {
  await customers('ada@example.com')
  await emulator.idle()
  expect(received).toHaveLength(1)
  expect(received[0]).toMatchObject({ type: 'customer.created', pending: 1 })
  expect((await verify(received[0]!)).type).toBe('customer.created')
  expect(received[0]?.header).toMatch(/^t=\d+,v1=[0-9a-f]{64},v0=[0-9a-f]{64}$/)
  expect((await stripe.events.retrieve(received[0]!.id)).pending_webhooks).toBe(0)
  expect(attempts).toMatchObject([{ url, status: 200, error: null, answer: 'taken' }])
})

test('an event tells each endpoint how many have not taken it, and counts down', async () => {
  const taken = serve()
  taken.handler = () => new Response(null)
  emulator.addWebhookEndpoint({ url: taken.url, secret: 'whsec_other' })
  answer = () => new Response(null, { status: received.length === 1 ? 500 : 200 })
  await customers('ada@example.com')
  await vi.waitFor(() => expect(received).toHaveLength(2))
  await emulator.idle()
  expect(received[1]?.pending).toBe(1)
  expect((await stripe.events.retrieve(received[0]!.id)).pending_webhooks).toBe(0)
  await taken.stop()
})

test('duplicate: the event comes so many times, each one signed', async () => {
  order({ name: 'duplicate', times: 5 })
  await customers('ada@example.com')
  await emulator.idle()
  expect(new Set(received.map(({ id }) => id)).size).toBe(1)
  expect(received).toHaveLength(5)
  for (const one of received) await verify(one)
})

test('reorder: events come newest first, and what is left over comes with the end of the rule', async () => {
  const rule = order({ name: 'reorder', among: 3 })
  await customers('a@example.com', 'b@example.com')
  await emulator.idle()
  expect(received).toEqual([])
  await customers('c@example.com', 'd@example.com')
  await emulator.idle()
  expect(emails()).toEqual(['c@example.com', 'b@example.com', 'a@example.com'])
  rule.cancel()
  await emulator.idle()
  expect(emails()).toHaveLength(4)
})

test('reorder: a rule that brings no more lets go of what it has', async () => {
  order({ name: 'reorder', among: 3 }, { first: 2 })
  await customers('a@example.com', 'b@example.com')
  await emulator.idle()
  expect(emails()).toEqual(['b@example.com', 'a@example.com'])
})

test('delay: the event comes later, and others overtake it', async () => {
  order({ name: 'delay', ms: 150 }, { first: 1 })
  const sentAt = performance.now()
  await customers('late@example.com', 'soon@example.com')
  await vi.waitFor(() => expect(received).toHaveLength(2))
  expect(emails()).toEqual(['soon@example.com', 'late@example.com'])
  expect(performance.now() - sentAt).toBeGreaterThan(140)
})

test('withhold: nothing comes until the rule is cancelled', async () => {
  const rule = order('withhold', { nth: 2 })
  await customers('a@example.com', 'b@example.com', 'c@example.com')
  await emulator.idle()
  expect(emails().toSorted()).toEqual(['a@example.com', 'c@example.com'])
  expect(rule).toMatchObject({ asked: 2, fired: 1, state: 'used up' })
  rule.cancel()
  await emulator.idle()
  expect(emails().at(-1)).toBe('b@example.com')
})

test('withhold: deliver() sends all the same', async () => {
  order('withhold')
  await customers('a@example.com')
  await emulator.deliver(emulator.events[0]?.id ?? '')
  expect(emails()).toEqual(['a@example.com'])
})

test('wrong-signature: no secret of the endpoint fits; the retry is right', async () => {
  order('wrong-signature', { first: 1 })
  answer = () => new Response(null, { status: received.length === 1 ? 400 : 200 })
  await customers('ada@example.com')
  await vi.waitFor(() => expect(received).toHaveLength(2))
  await expect(verify(received[0]!)).rejects.toThrow('No signatures found matching')
  await verify(received[1]!)
})

test('rolled-secret: two signatures, or the other one alone', async () => {
  order('rolled-secret', { first: 1 })
  order({ name: 'rolled-secret', signatures: 'former' }, { first: 1 })
  await customers('ada@example.com')
  await emulator.idle()
  await customers('eve@example.com')
  await emulator.idle()
  expect(received[0]?.header).toMatch(/^t=\d+,v1=\w+,v1=\w+,v0=\w+$/)
  await verify(received[0]!)
  await expect(verify(received[1]!)).rejects.toThrow('No signatures found matching')
})

test('rollWebhookSecret() signs with both secrets until the former one ends', async () => {
  emulator.rollWebhookSecret(url, { secret: 'whsec_new', formerValidForS: 3600 })
  await customers('both@example.com')
  await emulator.idle()
  await verify(received[0]!)
  await verify(received[0]!, 'whsec_new')
  clock.advance(3_601_000)
  await customers('new@example.com')
  await emulator.idle()
  await verify(received[1]!, 'whsec_new')
  await expect(verify(received[1]!)).rejects.toThrow('No signatures found matching')
  order({ name: 'rolled-secret', signatures: 'former' })
  await customers('former@example.com')
  await emulator.idle()
  await verify(received[2]!)
  expect(() => emulator.rollWebhookSecret('http://no.test', { secret: '', formerValidForS: 0 }))
    .toThrow('Cannot roll the secret as there is no endpoint at http://no.test')
})

test.each([500, 400, 302])(
  'an endpoint that answers %i is asked again, and then no more',
  async (status) => {
    answer = () => new Response(null, { status, headers: { Location: 'http://127.0.0.1:1/' } })
    await customers('ada@example.com')
    await vi.waitFor(() => expect(received).toHaveLength(3))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(attempts.map((attempt) => attempt.status)).toEqual([status, status, status])
    const [event] = (await stripe.events.list({ delivery_success: false })).data
    expect(event?.pending_webhooks).toBe(1)
  },
)

test('only events that a rule names are struck', async () => {
  const rule = emulator.faults.order({
    on: { service: 'stripe', event: 'product.*' },
    fault: 'withhold',
  })
  await customers('ada@example.com')
  await stripe.products.create({ name: 'Plan' })
  await emulator.idle()
  expect(received.map(({ type }) => type)).toEqual(['customer.created'])
  expect(rule).toMatchObject({ asked: 1, fired: 1 })
})
