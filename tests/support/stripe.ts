import Stripe from 'stripe'
import { afterEach, expect } from 'vitest'
import {
  createStripeEmulator,
  type StripeEmulator,
  type StripeEmulatorOptions,
} from '../../dev/stripe/emulator.ts'
import { faultsOf, faultsOfObject } from '../../dev/stripe/openapi/answers.ts'
import { type Clock, createClock } from './clock.ts'
import { serve } from './serve.ts'

export const KEY = 'sk_test_emulator'
export const SECRET = 'whsec_emulator'
const running: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()))
})

/** An emulator behind HTTP, the real SDK as its client, and a shop that takes its webhooks. */
export function start(
  { clock = createClock(), retryDelaysMs = [], ...options }: Partial<StripeEmulatorOptions> & {
    clock?: Clock
  } = {},
) {
  const [front, shop] = [serve(), serve()]
  let changes = 0
  const emulator = createStripeEmulator({
    url: front.url,
    secretKey: KEY,
    now: clock.now,
    retryDelaysMs,
    ...options,
    onChange: () => changes++,
    onAnswer: (operation, body) => {
      expect.soft(faultsOf(operation, body), operation).toEqual([])
      options.onAnswer?.(operation, body)
    },
  })
  const asked: { method: string; path: string; body: Promise<string> }[] = []
  front.handler = async (request) => {
    const { pathname: path } = new URL(request.url)
    // a body may still be under way when the answer must come, and may never end
    const body = request.clone().text().catch(() => '')
    asked.push({ method: request.method, path, body })
    return await emulator.fetch(request)
  }
  const received: { event: Stripe.Event; header: string; body: string }[] = []
  const receiver = { answer: (): Response | Promise<Response> => new Response(null) }
  shop.handler = async (request) => {
    const body = await request.text()
    const header = request.headers.get('Stripe-Signature') ?? ''
    const event = await Stripe.webhooks.constructEventAsync(
      body,
      header,
      SECRET,
      300,
      undefined,
      clock.now().getTime(),
    )
    received.push({ event, header, body })
    return await receiver.answer()
  }
  running.push(async () => {
    for (const { type, data } of emulator.events) {
      // the one event whose object has no id, against its own schema
      const object = type === 'invoice.upcoming' ? { id: '', ...data.object } : data.object
      expect.soft(faultsOfObject(object), type).toEqual([])
    }
    emulator.close()
    await Promise.all([front.stop(), shop.stop()])
  })
  return {
    emulator,
    clock,
    asked,
    received,
    receiver,
    url: front.url,
    hook: `${shop.url}/hook`,
    changes: () => changes,
    stripe: client(front.url, KEY),
    call: (path: string, init: RequestInit = {}) => call(front.url, path, init),
  }
}

export function client(url: string, key: string): Stripe {
  const { hostname: host, port } = new URL(url)
  return new Stripe(key, { host, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 })
}

async function call(url: string, path: string, init: RequestInit) {
  const response = await fetch(`${url}${path}`, {
    ...init,
    headers: { Authorization: `Bearer ${KEY}`, ...FORM, ...init.headers },
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

export const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

export type Setup = ReturnType<typeof start>

export async function catalogue({ stripe }: Pick<Setup, 'stripe'>, currency = 'eur', amount = 900) {
  const product = await stripe.products.create({ name: 'Paper 4 GB' })
  return await stripe.prices.create({
    product: product.id,
    currency,
    unit_amount: amount,
    recurring: { interval: 'month' },
  })
}

export async function openSession(
  { stripe }: Pick<Setup, 'stripe'>,
  changes: Partial<Stripe.Checkout.SessionCreateParams> = {},
) {
  const price = await catalogue({ stripe })
  const customer = await stripe.customers.create({ email: 'ada@example.com' })
  return await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer: customer.id,
    line_items: [{ price: price.id, quantity: 2 }],
    success_url: 'https://shop.test/return?session_id={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.test/plans',
    client_reference_id: 'ord_1',
    metadata: { order_id: 'ord_1' },
    subscription_data: { metadata: { order_id: 'ord_1' } },
    ...changes,
  })
}

export async function failure(promise: Promise<unknown>) {
  const error = await promise.then(() => undefined, (error) => error)
  expect(error).toBeInstanceOf(Stripe.errors.StripeError)
  const { type, statusCode, code, param, message } = error
  return { type, statusCode, code, param, message }
}

export function typesOf(emulator: StripeEmulator): string[] {
  return emulator.events.map(({ type }) => type)
}

export async function submit(url: string, fields: Record<string, string>): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields),
    redirect: 'manual',
  })
}

export async function waitFor<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('Cannot go on as what the test waits for does not happen')
}
