import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '../api/log.ts'
import { PaymentsError } from '../api/payments/payments.ts'
import { paidOrder } from './support/money.ts'
import { type Shop, startShop } from './support/shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})

afterAll(() => shop.stop())

function said(msg: string): Record<string, unknown>[] {
  return shop.lines.map((line) => JSON.parse(line)).filter((line) => line.msg === msg)
}

test('each step of a purchase is a line that names its order or its server', async () => {
  const { orderId } = await paidOrder(shop)
  await shop.pass(10_000)
  const [row] = await shop.db.query<{ id: string }>('SELECT id FROM servers WHERE order_id = ?', [
    orderId,
  ])
  const done = said('job done')
  const about = { attempt: 1, ms: expect.any(Number), jobId: expect.stringMatching(/^job_/) }
  expect(done).toContainEqual(
    expect.objectContaining({ ...about, job: 'server.provision', serverId: row?.id }),
  )
  expect(done).toContainEqual(
    expect.objectContaining({
      job: 'checkout.session.completed',
      eventId: expect.stringMatching(/^evt_/),
    }),
  )
})

test.each([
  ['9f1c2b5e-8f51-4c8e-9b51-0a4c5f1d2e3f', true],
  ['01KC5Y2Q7R1S5T9V3W7X1Y5Z9B', true],
  ['hunter2 is my password', false],
  ['9f1c2b5e-8f51-4c8e"}', false],
  ['a'.repeat(65), false],
])('a request that its proxy calls %j', async (id, kept) => {
  const before = said('request').length
  await shop.client().get('/healthz', { 'x-request-id': id })
  const [line] = said('request').slice(before)
  expect(line?.requestId).toMatch(/^req_/)
  expect(line?.upstreamId).toBe(kept ? id : undefined)
})

test('an error of Stripe says by which id Stripe knows the call', () => {
  const lines: string[] = []
  const log = createLog((line) => lines.push(line), () => new Date(0))
  const facts = { retryable: true, status: 500, stripeRequestId: 'req_AbC123' }
  log.error('failed', { error: new PaymentsError('Stripe answered 500', facts) })
  expect(JSON.parse(lines[0] ?? '').error).toMatchObject({ stripeRequestId: 'req_AbC123' })
})
