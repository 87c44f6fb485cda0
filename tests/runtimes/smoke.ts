import Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applyCatalogue } from '../../api/plans/apply.ts'
import { createMailbox } from '../../dev/mailbox/emulator.ts'
import type { ApiPlace } from '../support/api_process.ts'
import { type CatalogueFixture, startCatalogueFixture } from '../support/catalogue.ts'
import { type Client, createClient } from '../support/client.ts'
import { MAIL_KEY, testEnvironment, WEBHOOK_SECRET } from '../support/environment.ts'
import { serve } from '../support/serve.ts'
import { PURCHASE } from '../support/shop.ts'

/** What a platform is given to run the shop with. */
export type Surroundings = ApiPlace

/** The shop, running on one of the platforms. */
export interface Runtime {
  /** Has what comes each minute come now. */
  scheduled(): Promise<void>
  stop(): Promise<void>
}

const LOGIN = { email: 'smoke@example.com', password: 'correct horse battery' }

/** Asks the same promises of the shop on any platform; only the platform itself is not emulated. */
export function describeRuntime(
  name: string,
  port: number,
  start: (surroundings: Surroundings) => Promise<Runtime>,
): void {
  describe(name, () => {
    const url = `http://127.0.0.1:${port}`
    let fixture: CatalogueFixture
    let runtime: Runtime
    let client: Client
    const mailServer = serve()
    const mailbox = createMailbox({ apiKey: MAIL_KEY, now: () => new Date() })
    mailServer.handler = mailbox.fetch

    beforeAll(async () => {
      fixture = await startCatalogueFixture()
      const { refused } = await applyCatalogue(fixture.catalogue, fixture.target)
      expect(refused).toEqual([])
      fixture.panel.setInstallMs(200)
      client = createClient(url)
      runtime = await start({
        environment: await testEnvironment({
          ...fixture.urls,
          publicUrl: url,
          mailUrl: mailServer.url,
        }),
        databaseUrl: fixture.databaseUrl,
        port,
      })
    })

    afterAll(async () => {
      await runtime?.stop()
      await fixture.stop()
      await mailServer.stop()
    })

    test('is ready, and says no more to a stranger than it must', async () => {
      expect((await client.get('/readyz')).body).toMatchObject({ status: 'ready' })
      const answer = await client.get('/api/orders')
      expect(answer.status).toBe(401)
      expect(answer.headers.get('content-type')).toMatch('application/problem+json')
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
    })

    test('sells the plans of the catalogue, with an ETag that spares the next answer', async () => {
      const first = await client.get('/api/plans')
      expect(first.status).toBe(200)
      expect(first.body.plans).toHaveLength(fixture.catalogue.plans.length)
      const etag = first.headers.get('etag') ?? ''
      const again = await client.get('/api/plans', { 'if-none-match': etag })
      expect({ status: again.status, body: again.body }).toEqual({ status: 304, body: '' })
    })

    test('signs up, logs in and says who is there', async () => {
      expect((await client.post('/api/auth/signup', LOGIN)).status).toBe(201)
      expect((await client.post('/api/auth/logout')).status).toBe(204)
      expect((await client.get('/api/auth/me')).status).toBe(401)
      const wrong = await client.post('/api/auth/login', { ...LOGIN, password: 'wrong horse' })
      expect(wrong.status).toBe(401)
      expect((await client.post('/api/auth/login', LOGIN)).status).toBe(200)
      expect((await client.get('/api/auth/me')).body.user.email).toBe(LOGIN.email)
      expect((await client.post('/api/auth/refresh')).status).toBe(200)
    })

    test('keeps a webhook that Stripe signed, and refuses one that it did not', async () => {
      const id = `evt_${crypto.randomUUID().replaceAll('-', '')}`
      const payload = JSON.stringify({
        id,
        object: 'event',
        api_version: '2026-10-28.endive',
        created: Math.floor(Date.now() / 1000),
        livemode: false,
        type: 'radar.early_fraud_warning.created',
        data: { object: { id: 'issfr_1', object: 'radar.early_fraud_warning' } },
      })
      const deliver = async (secret: string) => {
        const signature = await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret })
        return await client.post('/api/stripe/webhook', payload, { 'stripe-signature': signature })
      }
      expect((await deliver('whsec_UHJldGVuZGVyUHJldGVuZGVyUHJldA')).status).toBe(400)
      expect((await deliver(WEBHOOK_SECRET)).status).toBe(200)
      const kept = await fixture.db.query('SELECT id FROM stripe_events WHERE id = ?', [id])
      expect(kept).toHaveLength(1)
    })

    test('delivers what was paid though no webhook came, by what runs each minute', async () => {
      const placed = await client.post('/api/checkout/sessions', PURCHASE, {
        'idempotency-key': crypto.randomUUID(),
      })
      expect(placed.status).toBe(201)
      const { orderId } = placed.body
      const events = allEvents(client, orderId)
      const [session] = await fixture.db.query<{ id: string }>(
        'SELECT stripe_session_id AS id FROM checkout_sessions WHERE order_id = ?',
        [orderId],
      )
      // no webhook endpoint is registered: nobody tells the shop
      await fixture.stripe.pay(session?.id ?? '')
      await fixture.db.run(
        'UPDATE orders SET created_at = created_at - INTERVAL 2 MINUTE WHERE id = ?',
        [orderId],
      )
      await fixture.db.run(
        'UPDATE sweeps SET last_success_at = last_success_at - INTERVAL 2 MINUTE',
      )
      await expect.poll(async () => {
        await runtime.scheduled()
        const [order] = await fixture.db.query<{ status: string }>(
          'SELECT status FROM orders WHERE id = ?',
          [orderId],
        )
        return order?.status
      }, { timeout: 20_000, interval: 300 }).toBe('provisioned')
      expect(await events).toMatch(/order\.placed[^]*order\.paid[^]*server\.active[^]*event: end/)
    })

    test('mails what it has to tell, each once, through the provider’s API', async () => {
      const templates = () => mailbox.mails.map((mail) => mail.tags.template).toSorted()
      await expect.poll(async () => {
        await runtime.scheduled()
        return templates()
      }, { timeout: 10_000, interval: 300 })
        .toEqual(['order_received', 'server_ready', 'verify_email'])
      for (const { to, html, text } of mailbox.mails) {
        expect(to).toEqual([LOGIN.email])
        expect(html).toContain(url)
        expect(text).toContain(url)
      }
    })
  })
}

/** What an order's stream says to its end, through the restarts of whoever tells it. */
async function allEvents(client: Client, orderId: string): Promise<string> {
  let all = ''
  for (let tries = 0; tries < 100 && !all.includes('event: end'); tries++) {
    const headers = new Headers()
    const lastEventId = all.match(/(?<=^id: ).*$/gm)?.at(-1)
    if (lastEventId) headers.set('last-event-id', lastEventId)
    const answer = await client.get(`/api/orders/${orderId}/events`, headers).catch(() => undefined)
    if (answer) expect(answer.headers.get('content-type')).toMatch('text/event-stream')
    else await new Promise((resolve) => setTimeout(resolve, 200))
    all += answer?.body ?? ''
  }
  return all
}
