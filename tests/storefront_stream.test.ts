import { afterEach, expect, test, vi } from 'vitest'
import type { OrderBody, TimelineEntryBody } from '../api/orders/bodies.ts'
import { listenToOrder, SILENCE_MS } from '../storefront/order_stream.ts'
import type { OrderStory } from '../storefront/api.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** The browser's end of a stream, told by the test what arrives. */
class Stream extends EventTarget {
  readyState = 1
  closed = false

  tell(name: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }))
  }

  fail(readyState: number) {
    this.readyState = readyState
    this.dispatchEvent(new Event('error'))
  }

  close() {
    this.closed = true
  }
}

function listening() {
  const stream = new Stream()
  const stories: OrderStory[] = []
  const controller = new AbortController()
  const outcome = listenToOrder('ord_1', story(), {
    signal: controller.signal,
    report: (told) => stories.push(told),
    open(path) {
      expect(path).toBe('/api/orders/ord_1/events')
      return stream
    },
  })
  return { stream, stories, controller, outcome }
}

test('rows are added as they come; one that is told again takes its old place', async () => {
  const { stream, stories, outcome } = listening()
  stream.tell('order', { id: 'ord_1', status: 'paid' })
  stream.tell('timeline', row('oev_2', 'Paid'))
  stream.tell('timeline', { ...row('oev_1', 'Placed'), nextAt: 'later' })
  stream.tell('end', '')
  expect(await outcome).toBe('over')
  expect(stream.closed).toBe(true)
  expect(stories.at(-1)?.order.status).toBe('paid')
  expect(stories.at(-1)?.timeline).toEqual([
    { ...row('oev_1', 'Placed'), nextAt: 'later' },
    row('oev_2', 'Paid'),
  ])
})

test('a proxy that holds the events back is noticed, and the page asks instead', async () => {
  vi.useFakeTimers()
  const { stream, outcome } = listening()
  await vi.advanceTimersByTimeAsync(SILENCE_MS)
  expect(await outcome).toBe('silent')
  expect(stream.closed).toBe(true)
})

test('a stream that is refused is silent; one that broke after it worked may be tried again', async () => {
  const refused = listening()
  refused.stream.fail(2)
  expect(await refused.outcome).toBe('silent')
  const broken = listening()
  broken.stream.tell('order', { id: 'ord_1', status: 'paid' })
  broken.stream.fail(2)
  expect(await broken.outcome).toBe('broken')
})

test('while the browser connects again by itself nothing is given up', async () => {
  const { stream, stories, outcome, controller } = listening()
  stream.tell('order', { id: 'ord_1', status: 'pending' })
  stream.fail(0)
  stream.tell('order', { id: 'ord_1', status: 'paid' })
  expect(stories.at(-1)?.order.status).toBe('paid')
  controller.abort()
  expect(await outcome).toBe('over')
  expect(stream.closed).toBe(true)
})

test('a browser without EventSource asks', async () => {
  const controller = new AbortController()
  const open = () => {
    throw new ReferenceError('EventSource is not defined')
  }
  const listener = { signal: controller.signal, report() {}, open }
  expect(await listenToOrder('ord_1', story(), listener)).toBe('silent')
})

function row(id: string, text: string): TimelineEntryBody {
  return { id, at: '', kind: '', text, next: null, nextAt: null, level: 'info' }
}

function story(): OrderStory {
  // Only what the stream touches: the rest of an order is passed on as it is.
  const order = { id: 'ord_1', status: 'pending' } as OrderBody
  return { order, timeline: [row('oev_1', 'Placed')] }
}
