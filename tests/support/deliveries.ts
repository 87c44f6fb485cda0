import { createHmac } from 'node:crypto'
import { WEBHOOK_SECRET } from './environment.ts'
import type { Shop } from './shop.ts'

/** An event on its way, of a session that nobody opened. */
export interface Delivery {
  id: string
  body: Uint8Array<ArrayBuffer>
  signature: string
}

/** As Stripe signs it; every other one with a second signature, as while a secret is rolled. */
export function sign(shop: Shop, nth: number): Delivery {
  return signed(shop, {
    id: `evt_${crypto.randomUUID().replaceAll('-', '')}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: secondsOf(shop),
    livemode: false,
    type: 'checkout.session.completed',
    data: { object: { id: 'cs_test_nobody', object: 'checkout.session' } },
  }, nth)
}

/** The same of any event. */
export function signed(
  shop: Shop,
  event: { id: string } & Record<string, unknown>,
  nth: number,
): Delivery {
  const seconds = secondsOf(shop)
  const body = new TextEncoder().encode(JSON.stringify(event))
  const foreign = `v1=${hmac('whsec_QW5vdGhlclNlY3JldEVudGlyZWx5MTIz', seconds, body)},`
  const ours = `v1=${hmac(WEBHOOK_SECRET, seconds, body)}`
  return { id: event.id, body, signature: `t=${seconds},${nth % 2 ? foreign : ''}${ours}` }
}

function secondsOf({ clock }: Shop): number {
  return Math.floor(clock.now().getTime() / 1000)
}

/** Gives the status of the answer. Rejects when nobody answers within ten seconds. */
export async function send(
  { url }: Pick<Shop, 'url'>,
  { body, signature }: Delivery,
): Promise<number> {
  const answer = await fetch(`${url}/api/stripe/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body,
    signal: AbortSignal.timeout(10_000),
  })
  await answer.body?.cancel()
  return answer.status
}

export function hmac(secret: string, seconds: number, body: Uint8Array): string {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')
}

export async function countEvents({ db }: Shop): Promise<number> {
  const [row] = await db.query<{ n: number }>('SELECT COUNT(*) AS n FROM stripe_events')
  return Number(row?.n)
}
