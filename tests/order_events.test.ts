import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_STREAMS } from '../api/orders/stream.ts'
import { createClient } from './support/client.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

let shop: Shop
let stopping: AbortController

beforeAll(async () => {
  shop = await startShop()
  stopping = new AbortController()
  shop.deps.stopping = stopping.signal
})

afterAll(() => shop.stop())

interface Told {
  event: string
  id?: string
  // deno-lint-ignore no-explicit-any -- a test reads what it expects, and fails if it is not there
  data: any
}

interface Listener {
  status: number
  headers: Headers
  told: Told[]
  /** Resolves with what came, once `done` says so or the answer has ended. */
  until(done: (told: Told[]) => boolean): Promise<Told[]>
  ended: Promise<void>
  cut(): void
}

/** A program that reads the stream as it comes. */
async function listen(
  client: ReturnType<typeof createClient>,
  orderId: string,
  lastEventId?: string,
): Promise<Listener> {
  const controller = new AbortController()
  const response = await fetch(`${shop.url}/api/orders/${orderId}/events`, {
    headers: {
      cookie: [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
    },
    signal: controller.signal,
  })
  const told: Told[] = []
  const waiting = new Set<() => void>()
  const read = async () => {
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      told.push(...blocks.map(parse))
      for (const wake of waiting) wake()
    }
  }
  const ended = read().catch(() => {}).finally(() => {
    for (const wake of waiting) wake()
  })
  let over = false
  void ended.then(() => over = true)
  return {
    status: response.status,
    headers: response.headers,
    told,
    ended,
    cut: () => controller.abort(),
    async until(done) {
      while (!done(told) && !over) {
        await new Promise<void>((resolve) => {
          waiting.add(resolve)
        })
      }
      expect(done(told)).toBe(true)
      return told
    },
  }
}

function parse(block: string): Told {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ')
      return [line.slice(0, at), line.slice(at + 2)] as const
    }),
  )
  const data = fields.get('data')
  return {
    event: fields.get('event') ?? 'message',
    id: fields.get('id'),
    data: data ? JSON.parse(data) : undefined,
  }
}

const kinds = (told: Told[]) =>
  told.filter((one) => one.event === 'timeline').map((one) => one.data.kind)

test('a purchase is told as it happens, each row once and in order, and then the stream ends', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const stream = await listen(customer, orderId)
  expect(stream.status).toBe(200)
  expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/)
  expect(stream.headers.get('cache-control')).toBe('no-store')
  await stream.until((told) => kinds(told).includes('order.placed'))
  expect(stream.told[0]).toMatchObject({ event: 'order', data: { id: orderId, status: 'pending' } })

  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  await stream.until((told) => kinds(told).includes('order.paid'))
  await shop.pass(60_000)
  await stream.until((told) => told.at(-1)?.event === 'end')
  await stream.ended

  const story = (await customer.get(`/api/orders/${orderId}`)).body
  expect(kinds(stream.told)).toEqual(story.timeline.map((row: { kind: string }) => row.kind))
  expect(stream.told.findLast((one) => one.event === 'order')?.data).toEqual(story.order)
  expect(stream.told.filter((one) => one.event === 'timeline').map((one) => one.id))
    .toEqual(story.timeline.map((row: { id: string }) => row.id))
})

test('a stream that was cut is resumed after the last row: none is lost, none before it comes again', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const first = await listen(customer, orderId)
  await first.until((told) => kinds(told).length === 1)
  first.cut()
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.pass(60_000)
  const { timeline } = (await customer.get(`/api/orders/${orderId}`)).body
  const paid = timeline.find((row: { kind: string }) => row.kind === 'order.paid')
  const second = await listen(customer, orderId, paid.id)
  await second.ended
  expect(kinds(second.told)).toEqual(
    timeline.slice(timeline.indexOf(paid)).map((row: { kind: string }) => row.kind),
  )
  expect(second.told.at(-1)?.event).toBe('end')
})

test('an id that is none of the order’s rows starts from the beginning', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const stream = await listen(customer, orderId, 'oev_00000000000000000000000000')
  await stream.until((told) => kinds(told).length === 1)
  stream.cut()
})

test('only the owner can listen, and only while the session lives', async () => {
  const owner = await shop.customer('listener@example.com')
  const { orderId } = await placeOrder(owner)
  const stranger = await shop.customer()
  expect((await stranger.get(`/api/orders/${orderId}/events`)).status).toBe(404)
  expect((await shop.client().get(`/api/orders/${orderId}/events`)).status).toBe(401)
  const stream = await listen(owner, orderId)
  await stream.until((told) => told.length > 0)
  await shop.db.run(
    `UPDATE sessions SET revoked_at = {now} WHERE user_id =
       (SELECT id FROM users WHERE email = 'listener@example.com')`,
  )
  await stream.ended
  expect(stream.told.some((one) => one.event === 'end')).toBe(false)
})

test('one user holds so many streams open and no more; a closed one makes room', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const streams = await Promise.all(
    Array.from({ length: MAX_STREAMS }, () => listen(customer, orderId)),
  )
  expect(streams.map((stream) => stream.status)).toEqual(Array(MAX_STREAMS).fill(200))
  const refused = await customer.get(`/api/orders/${orderId}/events`)
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  for (const stream of streams) stream.cut()
  await expect.poll(async () => {
    const again = await listen(customer, orderId)
    again.cut()
    return again.status
  }).toBe(200)
})

test('who asks for the headers alone opens no stream that nobody reads', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const cookie = [...customer.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  for (let i = 0; i < 2 * MAX_STREAMS; i++) {
    const url = `${shop.url}/api/orders/${orderId}/events`
    const response = await fetch(url, { method: 'HEAD', headers: { cookie } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
  }
  const stream = await listen(customer, orderId)
  expect(stream.status).toBe(200)
  stream.cut()
})

test('a process that is asked to stop ends its streams', async () => {
  const customer = await shop.customer()
  const { orderId } = await placeOrder(customer)
  const stream = await listen(customer, orderId)
  await stream.until((told) => told.length > 0)
  stopping.abort()
  await stream.ended
})
