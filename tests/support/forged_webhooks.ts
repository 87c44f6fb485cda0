import { expect } from 'vitest'
import { createRandom } from '../../dev/random.ts'
import { countEvents, type Delivery, hmac, send, sign } from './deliveries.ts'
import { WEBHOOK_SECRET } from './environment.ts'
import type { Shop } from './shop.ts'
import { inParallel } from './soak.ts'

/** Secrets that a shop never has, and that a careless one signs with. */
const NO_SECRETS = ['', 'undefined', 'null', ' ', 'whsec_', '[object Object]']

const AT_ONCE = 20

/**
 * Sends so many deliveries that were signed once and changed since by one bit in the body, the
 * header or the time, or that were signed with a secret of nobody's; and so many honest ones. None
 * of the first leaves a trace, and all of the others are taken.
 */
export async function forgeWebhooks(
  shop: Shop,
  { seed, forged, honest }: { seed: number; forged: number; honest: number },
): Promise<void> {
  const random = createRandom(seed)
  const before = await countEvents(shop)
  const refused = await answersTo(shop, Array.from({ length: forged }, () => forge(shop, random)))
  expect(refused).toEqual({ 400: forged })
  expect(await countEvents(shop)).toBe(before)
  const taken = await answersTo(shop, Array.from({ length: honest }, (_, nth) => sign(shop, nth)))
  expect(taken).toEqual({ 200: honest })
  expect(await countEvents(shop)).toBe(before + honest)
}

/** One event so often, over so many connections. Gives how long the slowest of a hundred took. */
export async function deliverAtOnce(
  shop: Shop,
  { times, connections }: { times: number; connections: number },
): Promise<{ p99Ms: number }> {
  const before = await countEvents(shop)
  const delivery = sign(shop, 0)
  const took: number[] = []
  await inParallel(connections, Array.from({ length: times }, (_, nth) => nth), async () => {
    const startedAt = performance.now()
    expect(await send(shop, delivery)).toBe(200)
    took.push(performance.now() - startedAt)
  })
  expect(await countEvents(shop)).toBe(before + 1)
  await shop.drain()
  const [event] = await shop.db.query('SELECT status FROM stripe_events WHERE id = ?', [
    delivery.id,
  ])
  expect(event).toEqual({ status: 'done' })
  took.sort((a, b) => a - b)
  return { p99Ms: Math.round(took[Math.floor(took.length * 0.99)] ?? 0) }
}

function forge(shop: Shop, random: () => number): Delivery {
  const delivery = sign(shop, 0)
  const kind = Math.floor(random() * 4)
  if (kind === 0) return { ...delivery, body: flipped(delivery.body, random) }
  const seconds = Math.floor(shop.clock.now().getTime() / 1000)
  if (kind === 1) {
    const skew = (random() < 0.5 ? -1 : 1) * (302 + Math.floor(random() * 1e6))
    const signature = `t=${seconds + skew},v1=${
      hmac(WEBHOOK_SECRET, seconds + skew, delivery.body)
    }`
    return { ...delivery, signature }
  }
  if (kind === 2) {
    const secret = NO_SECRETS[Math.floor(random() * NO_SECRETS.length)] ?? ''
    return { ...delivery, signature: `t=${seconds},v1=${hmac(secret, seconds, delivery.body)}` }
  }
  return { ...delivery, signature: flippedHeader(delivery.signature, random) }
}

function flipped(
  bytes: Uint8Array<ArrayBuffer>,
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice()
  const at = Math.floor(random() * copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8))
  return copy
}

/** One bit is another, and a header can still carry it. */
function flippedHeader(header: string, random: () => number): string {
  for (;;) {
    const text = new TextDecoder().decode(flipped(new TextEncoder().encode(header), random))
    if (/^[\x21-\x7e]+$/.test(text)) return text
  }
}

/** How many were answered with which status. */
async function answersTo(shop: Shop, deliveries: Delivery[]): Promise<Record<number, number>> {
  const answers: Record<number, number> = {}
  await inParallel(AT_ONCE, deliveries, async (delivery) => {
    const status = await send(shop, delivery)
    answers[status] = (answers[status] ?? 0) + 1
  })
  return answers
}
