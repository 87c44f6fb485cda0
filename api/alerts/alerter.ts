import { wordsOf } from './kinds.ts'
import { headlineOf, linesOf, type Notification } from './notification.ts'

/** How a notification reaches the operators besides mail. */
export interface Alerter {
  /** Throws when it was not taken: it is tried again. */
  send(id: string, notification: Notification): Promise<void>
}

export interface WebhookOptions {
  /** Holds a secret with most services, so it is in no error and no log. */
  url: string
  shop: { name: string; url: string }
}

const TIMEOUT_MS = 10_000

/** Discord takes no more. */
const LONGEST = 1900

/**
 * Posts JSON that Slack (`text`), Discord (`content`) and programs (`alert`) understand, to one
 * address and to no other that it may lead to. `id` is the same at each try, for who counts.
 */
export function createWebhookAlerter({ url, shop }: WebhookOptions): Alerter {
  return {
    async send(id, notification) {
      const { means, mend } = wordsOf(notification.kind)
      const title = `${shop.name}: ${headlineOf(notification)}`
      const lines = linesOf(notification).map(([what, text]) => `• ${what} ${text}`)
      const text = shortened([title, means, ...lines, mend].join('\n'))
      const alert = { id, shop: shop.url, means, mend, ...notification }
      await post(url, { text, content: text, alert })
    },
  }
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'spawnpoint' },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(({ name }: Error) => {
    // Its message holds the address.
    throw new Error(`Cannot reach the address of ALERT_WEBHOOK_URL (${name})`)
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`ALERT_WEBHOOK_URL answers ${response.status}`)
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
