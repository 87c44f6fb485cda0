import Stripe from 'stripe'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFaults, type Faults } from '../dev/faults/faults.ts'
import type { RuleOrder } from '../dev/faults/rule.ts'
import { ConnectionClosed } from '../dev/faults/wire.ts'
import { createMailbox, type Mailbox } from '../dev/mailbox/emulator.ts'
import { createPanelEmulator, type PanelEmulator } from '../dev/panel/emulator.ts'
import { createStripeEmulator, type StripeEmulator } from '../dev/stripe/emulator.ts'
import { type Clock, createStandingClock } from './support/clock.ts'
import { MAIL_KEY, PANEL_KEY, STRIPE_KEY } from './support/environment.ts'
import { type ServedEmulator, serveEmulator } from './support/serve.ts'

let clock: Clock
let faults: Faults
let stripe: StripeEmulator
let panel: PanelEmulator
let mailbox: Mailbox
let servers: Record<'stripe' | 'panel' | 'mailbox', ServedEmulator>

beforeEach(() => {
  clock = createStandingClock(new Date('2026-11-25T12:00:00Z'))
  faults = createFaults({ now: clock.now })
  servers = { stripe: serveEmulator(), panel: serveEmulator(), mailbox: serveEmulator() }
  const { now } = clock
  stripe = createStripeEmulator({ url: servers.stripe.url, secretKey: STRIPE_KEY, now, faults })
  panel = createPanelEmulator({ url: servers.panel.url, applicationKey: PANEL_KEY, now, faults })
  mailbox = createMailbox({ apiKey: MAIL_KEY, now, faults })
  servers.stripe.handler = stripe.fetch
  servers.panel.handler = panel.fetch
  servers.mailbox.handler = mailbox.fetch
})

afterEach(async () => {
  faults.clear()
  stripe.close()
  panel.close()
  await Promise.all(Object.values(servers).map((server) => server.stop()))
})

/** One call of each service that changes something, and whether it did. */
const services = {
  stripe: {
    path: '/v1/customers',
    key: STRIPE_KEY,
    type: 'application/x-www-form-urlencoded',
    body: 'email=ada%40example.com',
    done: () => stripe.events.length > 0,
  },
  panel: {
    path: '/api/application/users',
    key: PANEL_KEY,
    type: 'application/json',
    body: JSON.stringify({
      email: 'ada@example.com',
      username: 'ada',
      first_name: 'Ada',
      last_name: 'Lovelace',
    }),
    done: () => panel.store.users.rows.some(({ username }) => username === 'ada'),
  },
  mailbox: {
    path: '/emails',
    key: MAIL_KEY,
    type: 'application/json',
    body: JSON.stringify({
      from: 'shop@example.com',
      to: 'ada@example.com',
      subject: 'Hi',
      html: '<p>Hi',
      text: 'Hi',
    }),
    done: () => mailbox.mails.length > 0,
  },
} as const
type Service = keyof typeof services
const SERVICES: Service[] = ['stripe', 'panel', 'mailbox']

function request(service: Service, signal: AbortSignal | null = null): Request {
  const { path, key, type, body } = services[service]
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': type, Accept: type }
  const url = `${servers[service].url}${path}`
  return new Request(url, { method: 'POST', headers, body, signal })
}

function order(service: Service, fault: RuleOrder['fault']) {
  const call = `POST ${services[service].path}`
  return faults.order({ on: { service, call }, when: { first: 1 }, fault })
}

const inProcess = () => ({ stripe: stripe.fetch, panel: panel.fetch, mailbox: mailbox.fetch })

test.each(SERVICES)('%s refuses: the connection closes and nothing was done', async (service) => {
  const rule = order(service, 'refuse')
  await expect(fetch(request(service))).rejects.toThrow(TypeError)
  expect(rule.fired).toBe(1)
  expect(services[service].done()).toBe(false)
  order(service, 'refuse')
  await expect(inProcess()[service](request(service))).rejects.toThrow(ConnectionClosed)
  expect((await fetch(request(service))).ok).toBe(true)
  expect(services[service].done()).toBe(true)
})

test.each(SERVICES)('%s drops its answer: the connection closes, all is done', async (service) => {
  order(service, 'drop-answer')
  await expect(fetch(request(service))).rejects.toThrow(TypeError)
  expect(services[service].done()).toBe(true)
})

test.each(SERVICES)('%s times out: no answer until the caller leaves', async (service) => {
  order(service, 'time-out')
  let noticed = false
  servers[service].handler = (request) =>
    inProcess()[service](request).finally(() => noticed = true)
  await expect(fetch(request(service, AbortSignal.timeout(150)))).rejects.toThrow('timeout')
  await vi.waitFor(() => expect(noticed).toBe(true))
  const rule = order(service, 'time-out')
  const asked = expect(inProcess()[service](request(service))).rejects.toThrow(ConnectionClosed)
  await vi.waitFor(() => expect(rule.fired).toBe(1))
  rule.cancel()
  await asked
  expect(services[service].done()).toBe(false)
})

test.each<[Service, RuleOrder['fault'], object]>([
  ['stripe', { name: 'status', status: 500 }, { error: { type: 'api_error' } }],
  [
    'stripe',
    { name: 'status', status: 400, code: 'resource_missing', message: 'No', field: 'customer' },
    {
      error: {
        type: 'invalid_request_error',
        code: 'resource_missing',
        message: 'No',
        param: 'customer',
        doc_url: 'https://stripe.com/docs/error-codes/resource-missing',
      },
    },
  ],
  ['stripe', { name: 'status', status: 402 }, { error: { type: 'card_error' } }],
  ['panel', { name: 'status', status: 503 }, { errors: [{ status: '503' }] }],
  [
    'panel',
    { name: 'status', status: 422, message: 'Too long', field: 'name' },
    {
      errors: [{
        status: '422',
        code: 'ValidationException',
        detail: 'Too long',
        meta: { source_field: 'name' },
      }],
    },
  ],
  ['mailbox', { name: 'status', status: 500 }, { statusCode: 500, name: 'internal_server_error' }],
  [
    'mailbox',
    { name: 'status', status: 422, code: 'invalid_from_address' },
    { statusCode: 422, name: 'invalid_from_address' },
  ],
])('%s answers %j in its own envelope', async (service, fault, body) => {
  order(service, fault)
  const response = await fetch(request(service))
  expect(response.status).toBe(typeof fault === 'object' && 'status' in fault && fault.status)
  expect(await response.json()).toMatchObject(body)
  expect(services[service].done()).toBe(false)
})

test.each(SERVICES)('%s answers as a proxy in front of it does', async (service) => {
  order(service, 'html')
  const response = await fetch(request(service))
  expect([response.status, response.headers.get('Content-Type')]).toEqual([502, 'text/html'])
  expect(await response.text()).toContain('<h1>502 Bad Gateway</h1>')
  order(service, { name: 'html', status: 200 })
  expect((await fetch(request(service))).status).toBe(200)
  expect(services[service].done()).toBe(false)
})

test.each(SERVICES)('%s sends a body that is no JSON', async (service) => {
  order(service, 'malformed-body')
  const response = await fetch(request(service))
  expect(response.ok).toBe(true)
  expect(response.headers.get('Content-Type')).toMatch(/^application\/json/)
  await expect(response.json()).rejects.toThrow(SyntaxError)
  expect(services[service].done()).toBe(true)
})

test.each(SERVICES)('%s sends a body of a given size that is JSON still', async (service) => {
  order(service, { name: 'huge-body', bytes: 5_000_001 })
  const text = await (await fetch(request(service))).text()
  expect(text).toHaveLength(5_000_001)
  expect(JSON.parse(text)).toMatchObject({
    [service === 'panel' ? 'object' : 'id']: expect.anything(),
  })
})

test.each(SERVICES)('%s sends its body slowly, and the whole of it', async (service) => {
  order(service, { name: 'slow-body', ms: 1500 })
  const startedAt = performance.now()
  const response = await fetch(request(service))
  const headAfter = performance.now() - startedAt
  await response.json()
  const bodyAfter = performance.now() - startedAt
  // A busy machine may see the head late, but not as late as the end of the body.
  expect(bodyAfter - headAfter).toBeGreaterThan(500)
  expect(bodyAfter).toBeGreaterThan(1200)
})

test('a rate limit lasts for its window, and is told as each service tells it', async () => {
  for (const service of SERVICES) {
    const call = `POST ${services[service].path}`
    const fault = { name: 'rate-limit', seconds: 30 } as const
    faults.order({ on: { service, call }, when: { first: 1 }, fault })
  }
  const ask = (service: Service) => fetch(request(service))
  const first = {
    stripe: await ask('stripe'),
    panel: await ask('panel'),
    mailbox: await ask('mailbox'),
  }
  expect(Object.values(first).map(({ status }) => status)).toEqual([429, 429, 429])
  expect(first.stripe.headers.get('Stripe-Rate-Limited-Reason')).toBe('global-rate')
  expect(first.stripe.headers.get('Retry-After')).toBeNull()
  expect(await first.stripe.json()).toMatchObject({ error: { code: 'rate_limit' } })
  expect(first.panel.headers.get('Retry-After')).toBe('30')
  expect(first.panel.headers.get('X-RateLimit-Remaining')).toBe('0')
  const resetAt = Number(first.panel.headers.get('X-RateLimit-Reset'))
  expect(resetAt).toBe(clock.now().getTime() / 1000 + 30)
  expect(await first.panel.json()).toMatchObject({
    errors: [{ code: 'ThrottleRequestsException' }],
  })
  expect(await first.mailbox.json()).toMatchObject({ name: 'rate_limit_exceeded' })
  clock.advance(29_500)
  const later = await ask('panel')
  expect([later.status, later.headers.get('Retry-After')]).toEqual([429, '1'])
  clock.advance(500)
  for (const service of SERVICES) expect((await ask(service)).ok).toBe(true)
})

test('a rate limit of the panel tells the limit of the API that was called', async () => {
  faults.order({ on: { service: 'panel' }, fault: 'rate-limit' })
  const limits = ['application/users', 'client'].map(async (path) => {
    const { headers } = await fetch(`${servers.panel.url}/api/${path}`)
    return headers.get('X-RateLimit-Limit')
  })
  expect(await Promise.all(limits)).toEqual(['240', '720'])
})

test('pages for people are never struck', async () => {
  for (const service of SERVICES) faults.order({ on: { service }, fault: 'refuse' })
  for (const { url } of Object.values(servers)) expect((await fetch(url)).status).toBe(200)
})

test("Stripe's SDK takes each for what it is, and repeats what may be repeated", async () => {
  const { hostname: host, port } = new URL(servers.stripe.url)
  const httpClient = Stripe.createFetchHttpClient()
  const config = { host, port, protocol: 'http', telemetry: false, httpClient } as const
  const once = new Stripe(STRIPE_KEY, { ...config, maxNetworkRetries: 0, timeout: 1500 })
  const create = () => once.customers.create({ email: 'ada@example.com' })
  const types: Record<string, RuleOrder['fault']> = {
    StripeRateLimitError: 'rate-limit',
    StripeAPIError: { name: 'status', status: 503 },
    StripeCardError: { name: 'status', status: 402, code: 'card_declined' },
    StripeInvalidRequestError: { name: 'status', status: 404 },
  }
  for (const [type, fault] of Object.entries(types)) {
    const rule = order('stripe', fault)
    await expect(create()).rejects.toMatchObject({
      type,
      requestId: expect.stringMatching(/^req_/),
    })
    rule.cancel()
  }
  for (const fault of ['refuse', 'time-out', 'malformed-body', 'html'] as const) {
    order('stripe', fault)
    const isLost = fault === 'refuse' || fault === 'time-out'
    const type = isLost ? 'StripeConnectionError' : 'StripeAPIError'
    await expect(create(), fault).rejects.toMatchObject({ type })
  }
  const sdk = new Stripe(STRIPE_KEY, { ...config, maxNetworkRetries: 2 })
  const before = (await sdk.customers.list()).data.length
  faults.order({
    on: { service: 'stripe', call: 'POST /v1/customers' },
    when: { nth: [1, 2] },
    fault: 'drop-answer',
  })
  await sdk.customers.create({ email: 'eve@example.com' })
  expect((await sdk.customers.list()).data).toHaveLength(before + 1)
})
