import { html } from 'hono/html'
import { type Html, page as document } from '../../emulators/page.ts'
import type { LineItem, Session } from '../wire.ts'
import { formatInterval, formatMoney } from './money.ts'
import { STYLE } from './style.ts'

/** An open session, to be paid. `alert` is why the last attempt was not taken. */
export function checkoutView({ session, lineItems, delayed, alert }: {
  session: Session
  lineItems: LineItem[]
  delayed: boolean
  alert?: string
}): Html {
  const total = formatMoney(session.amount_total ?? 0, session.currency ?? 'usd')
  return page(
    `Pay ${total}`,
    html`<main class="checkout">
      ${summary(session, lineItems, total)}
      <section class="payment" aria-label="Payment">
        ${cardForm(session, total, alert)} ${rehearsal(delayed)}
      </section>
    </main>`,
  )
}

/** A session that is paid. */
export function completeView(session: Session, returnUrl: string): Html {
  return messageView({
    title: 'This checkout is complete',
    text: `Payment status: ${session.payment_status}.`,
    href: returnUrl,
  })
}

/** A session whose money is on its way. */
export function settlingView(returnUrl: string): Html {
  return page(
    'Payment under way',
    html`<main class="message">
      <h1>The payment is under way</h1>
      <p>Money from a bank account takes days. Here you say how it ends.</p>
      <form method="post">
        ${action('succeeded', 'The money arrives')} ${action('failed', 'The bank refuses')}
      </form>
      ${backToShop(returnUrl)}
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
      ${href ? backToShop(href) : ''}
    </main>`,
  )
}

/** The frame of every page. */
export function page(title: string, content: Html): Html {
  return document({
    title,
    style: STYLE,
    content: html`
      <p class="notice" role="note">
        <strong>Local Stripe emulator.</strong> No card is charged, no money moves.
      </p>
      ${content}
    `,
  })
}

function summary(session: Session, lineItems: LineItem[], total: string): Html {
  const recurring = lineItems.filter(({ price }) => price?.recurring)
  const each = recurring.reduce((sum, item) => sum + item.amount_total, 0)
  const [first] = recurring
  const back = session.cancel_url &&
    html`<a class="back" href="${session.cancel_url}" data-testid="back">← Back to shop</a>`
  return html`<section class="summary" aria-label="What you pay for">
    ${back ?? ''}
    <p class="subject">Subscribe to ${first?.description ?? 'your plan'}</p>
    <p class="price">
      ${formatMoney(each, session.currency ?? 'usd')}
      <small>${first ? formatInterval(first) : ''}</small>
    </p>
    <dl class="lines">
      ${lineItems.map(line)}
      <div class="total"><dt>Total due today</dt><dd>${total}</dd></div>
    </dl>
  </section>`
}

function line(item: LineItem): Html {
  const times = item.quantity === 1 ? '' : ` × ${item.quantity}`
  return html`
    <div>
      <dt>${item.description}${times} <small>Billed ${formatInterval(item)}</small></dt>
      <dd>${formatMoney(item.amount_total, item.currency)}</dd>
    </div>
  `
}

function cardForm(session: Session, total: string, alert: string | undefined): Html {
  const { customer_details: buyer, custom_text: { submit } } = session
  return html`<h2>Pay by card</h2>
    ${alert ? html`<p class="alert" role="alert" data-testid="alert">${alert}</p>` : ''}
    <form method="post">
      ${field('email', 'Email', buyer?.email ?? 'buyer@example.com', 'email')}
      ${field('number', 'Card number', '4242 4242 4242 4242')}
      <div class="pair">
        ${field('expiry', 'Expires', '12 / 34')} ${field('cvc', 'CVC', '123')}
      </div>
      ${field('name', 'Name on card', buyer?.name ?? 'Alex Example')}
      ${submit ? html`<p class="hint">${submit.message}</p>` : ''}
      <button class="main" name="action" value="pay" data-testid="pay">Pay ${total}</button>
    </form>`
}

function rehearsal(delayed: boolean): Html {
  return html`
    <aside class="rehearsal">
      <h2>Rehearse what can happen</h2>
      <p>
          Only the emulator has these buttons. The shop hears of it as it would from Stripe; how a
          delayed payment ends, you say later on <a href="/">the emulator's own page</a>.
        </p>
      <form method="post">
          ${action('decline', 'Decline')}
          ${delayed ? action('delayed', 'Pay later (delayed)') : ''}
          ${action('expire', 'Expire')}
        </form>
    </aside>
  `
}

function backToShop(href: string): Html {
  return html`<a class="go" href="${href}" data-testid="back">Back to the shop</a>`
}

function field(name: string, label: string, value: string, type = 'text'): Html {
  return html`<label>${label}
    <input name="${name}" type="${type}" value="${value}" required autocomplete="off"></label>`
}

function action(value: string, label: string): Html {
  return html`<button name="action" value="${value}" data-testid="${value}">${label}</button>`
}
