import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { controlApp } from '../dev/emulators/control/app.ts'
import { createTraffic, type Entry, type Traffic } from '../dev/emulators/traffic.ts'
import { createFaults, type Faults } from '../dev/faults/faults.ts'
import { faultFacts } from '../dev/faults/vocabulary.ts'
import type { Fetch } from '../dev/faults/wire.ts'
import { createPanelEmulator } from '../dev/panel/emulator.ts'
import { createStripeEmulator, type StripeEmulator } from '../dev/stripe/emulator.ts'
import { openConsole } from './fixtures/panel/console_client.ts'
import { UUID } from './fixtures/panel/served.ts'
import { openSampleWorld } from './fixtures/panel/world.ts'
import { PANEL_KEY, STRIPE_KEY, WEBHOOK_SECRET } from './support/environment.ts'
import { serve, serveEmulator } from './support/serve.ts'

const now = () => new Date('2026-11-25T12:00:00Z')
let faults: Faults
let traffic: Traffic
let stripe: StripeEmulator
let ask: Record<'stripe' | 'panel', Fetch>
let control: ReturnType<typeof controlApp>

beforeEach(() => {
  faults = createFaults({ now })
  traffic = createTraffic({ now, faults })
  stripe = createStripeEmulator({
    url: 'http://stripe.test',
    secretKey: STRIPE_KEY,
    now,
    faults,
    onWebhook: (attempt) => traffic.webhook(attempt, () => stripe.deliver(attempt.event.id)),
  })
  const panel = createPanelEmulator({
    url: 'http://panel.test',
    applicationKey: PANEL_KEY,
    now,
    faults,
  })
  ask = {
    stripe: traffic.watch('stripe', stripe.fetch),
    panel: traffic.watch('panel', panel.fetch),
  }
  const services = [{ service: 'stripe', url: 'http://stripe.test' }] as const
  control = controlApp({ faults, traffic, services: [...services] })
})

afterEach(() => stripe.close())

function createCustomer(email = 'ada@example.com') {
  return ask.stripe(
    new Request('http://stripe.test/v1/customers', {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${STRIPE_KEY}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ email }),
    }),
  )
}

/** An entry when it has ended. */
async function ended(at: number): Promise<Entry> {
  return await vi.waitFor(() => {
    const entry = traffic.entries().at(at)
    if (entry?.took === undefined) throw new Error('It has not ended')
    return entry
  })
}

async function call(method: string, path: string, body?: unknown) {
  const response = await control.request(path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : undefined }
}

test('traffic shows what was asked and answered, and no key', async () => {
  await createCustomer()
  const entry = await ended(0)
  expect(entry).toMatchObject({
    kind: 'call',
    service: 'stripe',
    title: 'POST /v1/customers',
    status: 200,
    faults: [],
    at: '2026-11-25T12:00:00.000Z',
    request: { body: 'email=ada%40example.com' },
  })
  expect(entry.request.headers).toContainEqual(['authorization', '…'])
  expect(JSON.parse(entry.answer?.body ?? '')).toMatchObject({ email: 'ada@example.com' })
  expect(JSON.stringify(entry)).not.toContain(STRIPE_KEY)
})

test('traffic hides secrets that answers tell', async () => {
  await ask.stripe(
    new Request('http://stripe.test/v1/webhook_endpoints', {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${STRIPE_KEY}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: 'url=https%3A%2F%2Fshop.test%2Fhook&enabled_events[0]=*',
    }),
  )
  const entry = await ended(0)
  expect(entry.status).toBe(200)
  expect(entry.answer?.body).toMatch(/"secret": ?"…"/)
})

test('traffic shows a call that waits, how it ended, and which faults struck it', async () => {
  const rule = faults.order({ on: { service: 'stripe' }, when: { first: 1 }, fault: 'time-out' })
  const asked = createCustomer().catch(() => {})
  await vi.waitFor(() => expect(traffic.entries()).toHaveLength(1))
  expect(traffic.entries()[0]?.took).toBeUndefined()
  rule.cancel()
  await asked
  expect(await ended(0)).toMatchObject({
    faults: ['time-out'],
    error: expect.stringMatching(/closed/),
  })
  faults.order({ on: { service: 'panel' }, fault: 'key-revoked' })
  const headers = { Authorization: `Bearer ${PANEL_KEY}`, Accept: 'application/json' }
  await ask.panel(new Request('http://panel.test/api/application/nodes', { headers }))
  expect(await ended(1)).toMatchObject({ service: 'panel', status: 401, faults: ['key-revoked'] })
})

test('traffic lets a websocket through, and shows that it was opened', async () => {
  const server = serveEmulator()
  const { emulator } = openSampleWorld({ url: server.url })
  server.handler = traffic.watch('panel', emulator.fetch)
  const path = `/api/servers/${UUID}/ws`
  const console = await openConsole(`${server.url.replace('http', 'ws')}${path}`, server.url)
  console.send('send stats')
  expect(await console.until('jwt error')).toMatchObject({ args: ['jwt: no jwt present'] })
  expect(await ended(0)).toMatchObject({ title: `GET ${path}`, status: 101 })
  console.close()
  emulator.close()
  await server.stop()
})

test('traffic leaves pages for people out, and forgets what is old', async () => {
  await ask.stripe(new Request('http://stripe.test/'))
  for (let made = 0; made < 310; made++) await createCustomer(`c${made}@example.com`)
  await ended(-1)
  expect(traffic.entries()).toHaveLength(300)
  expect(traffic.entries()[0]?.request.body).toBe('email=c10%40example.com')
  expect(await traffic.replay(1)).toBe(false)
})

test('traffic reads no more of a body than it shows', async () => {
  const chunk = new TextEncoder().encode('{'.repeat(10_000))
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
  const watched = traffic.watch('stripe', () => Promise.resolve(new Response(endless)))
  const response = await watched(new Request('http://stripe.test/v1/customers'))
  const { answer } = await ended(0)
  expect(answer?.body.length).toBe(32_768)
  await response.body?.cancel()
})

test('traffic does not lay a fault of a webhook at the door of the call that caused it', async () => {
  stripe.addWebhookEndpoint({ url: 'http://127.0.0.1:1/', secret: WEBHOOK_SECRET })
  const rule = faults.order({ on: { service: 'stripe' }, fault: 'withhold' })
  await createCustomer()
  expect((await ended(0)).faults).toEqual([])
  expect(rule.fired).toBe(1)
})

test('a call is replayed as it was, and a webhook once more', async () => {
  const hook = serve()
  let received = 0
  hook.handler = () => {
    received++
    return new Response(null)
  }
  stripe.addWebhookEndpoint({ url: hook.url, secret: WEBHOOK_SECRET })
  await createCustomer('one@example.com')
  await stripe.idle()
  expect(received).toBe(1)
  const webhook = traffic.entries().find(({ kind }) => kind === 'webhook')
  expect(webhook).toMatchObject({ title: 'customer.created', url: hook.url, status: 200 })
  expect(await call('POST', `/traffic/${webhook?.id}/replay`)).toMatchObject({ status: 204 })
  expect(received).toBe(2)
  expect(await call('POST', '/traffic/1/replay')).toMatchObject({ status: 204 })
  await stripe.idle()
  const made = traffic.entries().filter(({ title }) => title === 'POST /v1/customers')
  expect(made.map(({ status }) => status)).toEqual([200, 200])
  expect(made[1]?.request.body).toBe('email=one%40example.com')
  expect(received).toBe(3)
  expect(await call('POST', '/traffic/99/replay')).toMatchObject({ status: 404 })
  await hook.stop()
})

test('the control API tells the traffic, and one entry whole', async () => {
  await createCustomer()
  await ended(0)
  const { body } = await call('GET', '/traffic')
  expect(body.entries).toMatchObject([{ id: 1, title: 'POST /v1/customers', status: 200 }])
  expect(body.entries[0]).not.toHaveProperty('request')
  expect((await call('GET', '/traffic/1')).body.request.body).toBe('email=ada%40example.com')
  expect((await call('GET', '/traffic/2')).status).toBe(404)
})

test('the control API orders, lists, and cancels', async () => {
  const order = {
    on: { service: 'stripe' },
    when: { first: 1 },
    fault: { name: 'status', status: 503 },
  }
  const { status, body } = await call('POST', '/rules', order)
  expect([status, body]).toEqual([201, { id: 1, ...order, asked: 0, fired: 0, state: 'in force' }])
  expect((await createCustomer()).status).toBe(503)
  expect((await call('GET', '/rules')).body.rules).toMatchObject([
    { asked: 1, fired: 1, state: 'used up' },
  ])
  expect((await call('DELETE', '/rules/1')).status).toBe(204)
  expect((await call('DELETE', '/rules/1')).status).toBe(404)
  await call('POST', '/rules', order)
  expect((await call('DELETE', '/rules')).status).toBe(204)
  expect((await call('GET', '/rules')).body.rules).toEqual([])
})

test.each([
  [{ on: { service: 'stripe' }, fault: 'boom' }, /there is none of this name; there are refuse,/],
  [{ on: { service: 'stripe' }, fault: 'wings-down' }, /wings-down strikes at panel only/],
  ['no rule', /Cannot order this fault/],
])('the control API says what is wrong with %j', async (order, reason) => {
  expect(await call('POST', '/rules', order))
    .toEqual({ status: 422, body: { error: expect.stringMatching(reason) } })
})

test('the control API takes nothing that a page of another origin can send', async () => {
  for (const path of ['/rules', '/traffic/1/replay']) {
    const response = await control.request(path, { method: 'POST', body: '{}' })
    expect(response.status).toBe(415)
  }
})

test('the vocabulary is told with the settings of each fault', async () => {
  const { body } = await call('GET', '/vocabulary')
  expect(body.faults.map(({ name }: { name: string }) => name)).toEqual(Object.keys(faultFacts))
  expect(body.faults.find(({ name }: { name: string }) => name === 'huge-body')).toMatchObject({
    at: 'call',
    required: ['bytes'],
    settings: { bytes: { type: 'integer' } },
  })
})

test('what happens is told as it happens: entries, and rules with their counts', async () => {
  await createCustomer('before@example.com')
  await ended(0)
  const response = await control.request('/live')
  expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream/)
  let text = ''
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const reading = (async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value
  })()
  faults.order({ on: { service: 'stripe' }, fault: { name: 'status', status: 500 } })
  await createCustomer()
  const events = () =>
    [...text.matchAll(/event: (\w+)\ndata: (.*)\n/g)].map(([, event, data]) => ({
      event,
      data: JSON.parse(data ?? ''),
    }))
  await vi.waitFor(() => {
    expect(events()).toContainEqual({
      event: 'rules',
      data: [expect.objectContaining({ asked: 1, fired: 1 })],
    })
    expect(events()).toContainEqual({
      event: 'entry',
      data: expect.objectContaining({ id: 2, status: 500, faults: ['status'] }),
    })
  })
  expect(events()).toContainEqual({ event: 'entry', data: expect.objectContaining({ id: 1 }) })
  expect(text).not.toContain('before%40example.com')
  await reader.cancel()
  await reading
})

test('the page takes nothing from elsewhere', async () => {
  const response = await control.request('/')
  const text = await response.text()
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(text).not.toMatch(/(src|srcset)="https?:|<link|@import|url\(/)
  expect(text).toContain('href="http://stripe.test"')
})
