import { html, raw } from 'hono/html'
import type { LineItem, Session } from '../wire.ts'
import { formatInterval, formatMoney } from './money.ts'
import { STYLE } from './style.ts'

type Html = ReturnType<typeof html>

/** An open session, to be paid. `alert` is why the last attempt was not taken. */
export function checkoutView({ session, lineItems, delayed, alert }: {
  session: Session
  lineItems: LineItem[]
  delayed: boolean
  alert?: string
}): Html {
  const total = formatMoney(session.amount_total ?? 0, session.currency ?? 'usd')
  const [first] = lineItems
  return page(
    `Pay ${total}`,
    html`
      <main class="checkout">
        <section class="summary" aria-label="What you pay for">
              ${backLink(session.cancel_url)}
              <p class="subject">Subscribe to ${first?.description ?? 'your plan'}</p>
              <p class="price">${total} <small>${first ? formatInterval(first) : ''}</small></p>
              <dl class="lines">
                ${lineItems.map(lineView)}
                <div class="total"><dt>Total due today</dt><dd>${total}</dd></div>
              </dl>
            </section>
        <section class="payment" aria-label="Payment">
              <h2>Pay by card</h2>
              ${alert ? html`<p class="alert" role="alert" data-testid="alert">${alert}</p>` : ''}
              <form method="post" id="card">
                ${field(
                  'email',
                  'Email',
                  session.customer_details?.email ?? 'buyer@example.com',
                  'email',
                )}
                ${field('number', 'Card number', '4242 4242 4242 4242')}
                <div class="pair">
                  ${field('expiry', 'Expires', '12 / 34')} ${field('cvc', 'CVC', '123')}
                </div>
                ${field('name', 'Name on card', session.customer_details?.name ?? 'Alex Example')}
                ${session.custom_text.submit
                  ? html`<p class="hint">${session.custom_text.submit.message}</p>`
                  : ''}
                <button class="main" name="action" value="pay" data-testid="pay">Pay ${total}</button>
              </form>
              <aside class="rehearsal">
                <h2>Rehearse what can happen</h2>
                <p>Only the emulator has these. The shop hears of each as it would from Stripe.</p>
                <form method="post">
                  ${action('decline', 'Decline')}
                  ${delayed ? action('delayed', 'Pay later (delayed)') : ''}
                  ${action('expire', 'Expire')}
                </form>
              </aside>
            </section>
      </main>
    `,
  )
}

/** A session that is paid or on its way to be. */
export function completeView({ session, settling, returnUrl }: {
  session: Session
  settling: boolean
  returnUrl: string
}): Html {
  return page(
    settling ? 'Payment under way' : 'Payment complete',
    html`<main class="message">
      <h1>${settling ? 'The payment is under way' : 'This checkout is complete'}</h1>
      <p>${
      settling
        ? 'Money from a bank account takes days. Here you say how it ends.'
        : `Payment status: ${session.payment_status}.`
    }</p>
      ${
      settling
        ? html`<form method="post">
          ${action('succeeded', 'The money arrives')} ${action('failed', 'The bank refuses')}
        </form>`
        : ''
    }
      <a class="go" href="${returnUrl}" data-testid="back">Back to the shop</a>
    </main>`,
  )
}

export function expiredView(session: Session): Html {
  return messageView({
    title: 'This checkout has expired',
    text: 'Nothing was paid. Start again in the shop.',
    href: session.cancel_url,
  })
}

/** One sentence, and the way on where there is one. */
export function messageView({ title, text, href }: {
  title: string
  text: string
  href?: string | null
}): Html {
  return page(
    title,
    html`<main class="message">
      <h1>${title}</h1>
      <p>${text}</p>
      ${href ? html`<a class="go" href="${href}" data-testid="back">Back to the shop</a>` : ''}
    </main>`,
  )
}

/** The frame of every page. */
export function page(title: string, content: Html): Html {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title}</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
            <p class="notice" role="note">
              <strong>Local Stripe emulator.</strong> No card is charged, no money moves.
            </p>
            ${content}
          </body>
    </html>
  `
}

function lineView(item: LineItem): Html {
  return html`
    <div>
      <dt>${item.description}${item.quantity === 1 ? '' : ` × ${item.quantity}`}
          <small>Billed ${formatInterval(item)}</small></dt>
      <dd>${formatMoney(item.amount_total, item.currency)}</dd>
    </div>
  `
}

function backLink(href: string | null): Html {
  if (!href) return html``
  return html`<a class="back" href="${href}" data-testid="back">← Back to shop</a>`
}

function field(name: string, label: string, value: string, type = 'text'): Html {
  return html`<label>${label}
    <input name="${name}" type="${type}" value="${value}" required autocomplete="off"></label>`
}

function action(value: string, label: string): Html {
  return html`<button name="action" value="${value}" data-testid="${value}">${label}</button>`
}
