import { html } from 'hono/html'
import type { Store } from '../store.ts'
import { formatMoney } from './money.ts'
import { page } from './views.ts'

/** How much of the past the board shows. */
const SHOWN = 20

/** What happened lately: the sessions, and which webhooks were taken. */
export function boardView(store: Store) {
  const sessions = store.sessions.newestFirst().slice(0, SHOWN)
  const deliveries = store.deliveries.newestFirst().slice(0, SHOWN)
  return page(
    'Stripe emulator',
    html`
      <main class="board">
        <h1>Stripe emulator</h1>
        <h2>Checkout sessions</h2>
        <table>
              <tr><th>Session</th><th>Buyer</th><th>Total</th><th>Status</th><th>Payment</th></tr>
              ${sessions.map((session) =>
                html`
                  <tr>
                    <td><a href="/c/pay/${session.id}">${session.id.slice(0, 22)}…</a></td>
                    <td>${session.customer_details?.email ?? ''}</td>
                    <td>${formatMoney(session.amount_total ?? 0, session.currency ?? 'usd')}</td>
                    <td>${session.status}</td>
                    <td>${session.payment_status}</td>
                  </tr>
                `
              )}
            </table>
        <h2>Webhooks</h2>
        <table>
              <tr><th>Event</th><th>Type</th><th>Answers</th><th>State</th></tr>
              ${deliveries.map(({ event, attempts, succeeded, scheduled }) =>
                html`
                  <tr>
                    <td>${event}</td>
                    <td>${store.events.find(event)?.type ?? ''}</td>
                    <td>${attempts.map(({ status, error }) => status ?? error).join(', ')}</td>
                    <td>${deliveryState(succeeded, scheduled)}</td>
                  </tr>
                `
              )}
            </table>
      </main>
    `,
  )
}

function deliveryState(succeeded: boolean, scheduled: boolean): string {
  if (succeeded) return 'delivered'
  return scheduled ? 'is tried again' : 'given up'
}
