import { afterAll, beforeAll, expect, test } from 'vitest'
import { gauges } from '../api/metrics/gauges.ts'
import { counters, histograms } from '../api/metrics/names.ts'
import { type Shop, startShop } from './support/shop.ts'
import { deliveredOrder, paidOrder } from './support/money.ts'

const TOKEN = 'tests-only-metrics-token-of-a-length'

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ environment: { METRICS_TOKEN: TOKEN } })
})

afterAll(() => shop.stop())

function ask(authorization?: string): Promise<Response> {
  return fetch(`${shop.url}/metrics`, { headers: authorization ? { authorization } : {} })
}

/** Each sample with its value, as Prometheus reads it. */
async function scrape(): Promise<Map<string, number>> {
  const answer = await ask(`Bearer ${TOKEN}`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const samples = new Map<string, number>()
  for (const line of (await answer.text()).trimEnd().split('\n')) {
    if (line.startsWith('#')) continue
    const [, sample = '', value] = line.match(/^([a-z_]+(?:\{[^{}]+\})?) (-?[\d.e+-]+)$/) ?? []
    expect(value, line).toBeDefined()
    expect(samples.has(sample), `${sample} comes once`).toBe(false)
    samples.set(sample, Number(value))
  }
  return samples
}

test.each([undefined, '', 'Bearer ', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN])(
  'GET /metrics tells nothing to who brings %j',
  async (authorization) => {
    const answer = await ask(authorization)
    expect(answer.status).toBe(401)
    expect(await answer.text()).not.toContain('orders_by_state')
  },
)

test('a purchase is counted from the webhook to the running server, by name', async () => {
  await deliveredOrder(shop)
  const told = await scrape()
  expect(told.get('orders_by_state{state="provisioned"}')).toBe(1)
  expect(
    told.get('webhook_received_total{result="stored",type="checkout.session.completed"}'),
  ).toBe(1)
  expect(told.get('paid_to_active_seconds_count')).toBe(1)
  expect(told.get('paid_to_active_seconds_bucket{le="+Inf"}')).toBe(1)
  expect(told.get('paid_to_active_seconds_bucket{le="86400"}')).toBe(1)
  expect(told.get('jobs_total{job="server.provision",outcome="done"}')).toBe(1)
  expect(told.get('jobs_dead')).toBe(0)
  expect(told.get('panel_requests_total{code="201",op="createServer"}') ?? 0).toBe(1)
  expect(told.get('stripe_requests_total{code="200",op="GET /v1/checkout/sessions/:id"}'))
    .toBeGreaterThan(0)
})

test('what is late, refused or open can be read', async () => {
  shop.faults.order({ on: { service: 'panel' }, fault: { name: 'status', status: 503 } })
  const { orderId } = await paidOrder(shop)
  shop.clock.advance(20 * 60_000)
  await fetch(`${shop.url}/api/stripe/webhook`, { method: 'POST', body: '{}' })
  await shop.client().post('/api/auth/refresh')
  await shop.sweep('alerts')
  const told = await scrape()
  expect(told.get('order_age_seconds_max{state="provisioning"}')).toBeCloseTo(1200, -2)
  expect(told.get('webhook_signature_failures_total')).toBe(1)
  expect(told.get('auth_failures_total{reason="refresh-rejected"}') ?? 0).toBe(1)
  expect(told.get('alerts_open{kind="order_late"}')).toBe(1)
  expect(told.get('reconcile_last_success_seconds{sweep="alerts"}')).toBeLessThan(60)
  expect([...told.keys()].join()).not.toContain(orderId)
  shop.faults.clear()
})

test('every metric has its help and type, once, before its samples', async () => {
  const text = await (await ask(`Bearer ${TOKEN}`)).text()
  const types = [...text.matchAll(/^# HELP (\S+) .+\n# TYPE \1 (counter|gauge|histogram)$/gm)]
  expect(types.map(([, name]) => name).sort())
    .toEqual([...Object.keys({ ...counters, ...histograms, ...gauges })].sort())
})

test('what processes count at the same time is summed', async () => {
  const before = (await scrape()).get('jobs_total{job="sweep",outcome="done"}') ?? 0
  await Promise.all(Array.from({ length: 8 }, async () => {
    shop.deps.metrics.count('jobs_total', { job: 'sweep', outcome: 'done' })
    await shop.deps.metrics.flush(shop.db)
  }))
  expect((await scrape()).get('jobs_total{job="sweep",outcome="done"}')).toBe(before + 8)
})
