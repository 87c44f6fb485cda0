import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyCatalogue } from '../api/plans/apply.ts'
import { freePort } from '../dev/ports.ts'
import { startApiProcess } from './support/api_process.ts'
import { type CatalogueFixture, startCatalogueFixture } from './support/catalogue.ts'
import { type Client, createClient } from './support/client.ts'
import { testEnvironment, WEBHOOK_SECRET } from './support/environment.ts'
import { serve, type Served } from './support/serve.ts'
import { PURCHASE } from './support/shop.ts'

const port = freePort()
const url = `http://127.0.0.1:${port}`

let fixture: CatalogueFixture
let hook: Served
let environment: Record<string, string>
let api: Deno.ChildProcess
let customer: Client

beforeAll(async () => {
  fixture = await startCatalogueFixture()
  await applyCatalogue(fixture.catalogue, fixture.target)
  fixture.panel.setInstallMs(200)
  environment = await testEnvironment({ ...fixture.urls, publicUrl: url })
  hook = serve()
  fixture.stripe.addWebhookEndpoint({ url: hook.url, secret: WEBHOOK_SECRET })
  api = await start()
  customer = createClient(url)
  await customer.post('/api/auth/signup', {
    email: 'killed@example.com',
    password: 'correct horse battery',
  })
})

afterAll(async () => {
  await kill()
  await hook.stop()
  await fixture.stop()
})

function start(): Promise<Deno.ChildProcess> {
  return startApiProcess({ environment, databaseUrl: fixture.databaseUrl, port })
}

async function kill(): Promise<void> {
  api.kill('SIGKILL')
  await api.status
}

/** What a dead process had claimed is free again after 45 s; here they have passed. */
async function endLeases(): Promise<void> {
  for (const queue of ['jobs', 'stripe_events']) {
    await fixture.db.run(
      `UPDATE ${queue} SET run_at = UTC_TIMESTAMP(3) WHERE lease_token IS NOT NULL`,
    )
  }
  await fixture.db.run('UPDATE servers SET create_sent_at = create_sent_at - INTERVAL 45 SECOND')
}

async function placeAndPay(): Promise<string> {
  const placed = await customer.post('/api/checkout/sessions', PURCHASE, {
    'idempotency-key': crypto.randomUUID(),
  })
  expect(placed.status).toBe(201)
  const [session] = await fixture.db.query<{ id: string }>(
    'SELECT stripe_session_id AS id FROM checkout_sessions WHERE order_id = ?',
    [placed.body.orderId],
  )
  await fixture.stripe.pay(session?.id ?? '')
  return placed.body.orderId
}

async function forward(request: Request): Promise<Response> {
  const { headers } = request
  return await fetch(`${url}/api/stripe/webhook`, {
    method: 'POST',
    headers,
    body: await request.arrayBuffer(),
  }).catch(() => new Response('the shop is dead', { status: 502 }))
}

async function expectDelivered(orderId: string): Promise<void> {
  await expect.poll(async () => {
    const [order] = await fixture.db.query<{ status: string; ptero: number | null }>(
      'SELECT status, ptero_server_id AS ptero FROM orders WHERE id = ?',
      [orderId],
    )
    return order
  }, { timeout: 25_000, interval: 200 }).toEqual({
    status: 'provisioned',
    ptero: expect.any(Number),
  })
}

test('the process is killed right after the webhook’s 200; started again, the server arrives once', async () => {
  let killed: Promise<void> | undefined
  hook.handler = async (request) => {
    const body = await request.clone().text()
    const answer = await forward(request)
    if (body.includes('"checkout.session.completed"') && answer.ok) killed ??= kill()
    return answer
  }
  const orderId = await placeAndPay()
  await killed
  expect(killed).toBeDefined()
  await endLeases()
  hook.handler = forward
  api = await start()
  await expectDelivered(orderId)
  expect(fixture.panel.store.servers.rows).toHaveLength(1)
})
