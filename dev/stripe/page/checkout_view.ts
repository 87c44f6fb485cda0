import { html } from 'hono/html'
import type { Html } from '../../emulators/page.ts'
import { testMethodsOf } from '../payments/test_methods.ts'
import type { Checkout } from '../store.ts'
import type { LineItem, Session } from '../wire.ts'
import { formatInterval, formatMoney, formatTrial } from './money.ts'
import { page } from './views.ts'

/** What of a session its page shows beside the session itself. */
interface Shown extends Pick<Checkout, 'lineItems' | 'subscription'> {
  /** why the last attempt was not taken */
  alert: string | undefined
  /** the promotion code that is redeemed */
  code: string | undefined
  /** the kind of bank account that pays with delay */
  delayed: string | undefined
  needsMethod: boolean
  /** what the buyer typed when the last attempt was not taken */
  typed: { email?: string | undefined; name?: string | undefined; terms?: string | undefined }
}

/** An open session, to be paid. */
export function checkoutView(session: Session, shown: Shown): Html {
  const { alert } = shown
  return page(
    `Pay ${moneyOf(session, session.amount_total)}`,
    html`<main class="checkout">
      ${summary(session, shown)}
      <section class="payment" aria-label="Payment">
        ${alert ? html`<p class="alert" role="alert" data-testid="alert">${alert}</p>` : ''}
        ${payForm(session, shown)} ${rehearsal(session, shown)}
      </section>
    </main>`,
  )
}

function summary(session: Session, shown: Shown): Html {
  const { cancel_url: cancelUrl, total_details: details } = session
  const off = details?.amount_discount ?? 0
  return html`<section class="summary" aria-label="What you pay for">
    ${
    cancelUrl ? html`<a class="back" href="${cancelUrl}" data-testid="back">← Back to shop</a>` : ''
  }
    ${headline(session, shown)}
    <dl class="lines">
      ${shown.lineItems.map(line)}
      ${
    off > 0
      ? html`
        <div>
          <dt>Subtotal</dt>
          <dd>${moneyOf(session, session.amount_subtotal)}</dd>
        </div>
        <div>
          <dt>Discount</dt>
          <dd data-testid="discount">−${moneyOf(session, off)}</dd>
        </div>
      `
      : ''
  }
      <div class="total"><dt>Total due today</dt>
        <dd data-testid="due">${moneyOf(session, session.amount_total)}</dd></div>
    </dl>
    ${quantities(shown.lineItems)} ${promotion(session, shown.code)}
  </section>`
}

function headline(session: Session, { lineItems, subscription: { trial } }: Shown): Html {
  const [first, ...others] = lineItems.filter(({ price }) =>
    session.mode === 'payment' || price?.recurring
  )
  const name = `${first?.description ?? 'your order'}${
    others.length > 0 ? ` and ${others.length} more` : ''
  }`
  if (session.mode === 'payment' || !first) {
    return html`
      <h1 class="subject">Pay for ${name}</h1>
      <p class="price">${moneyOf(session, session.amount_total)}</p>
    `
  }
  const each = [first, ...others].reduce((sum, item) => sum + priceOfAll(item), 0)
  const rate = html`${moneyOf(session, each)} <small>${formatInterval(first)}</small>`
  if (!trial) {
    return html`
      <h1 class="subject">Subscribe to ${name}</h1>
      <p class="price">${rate}</p>
    `
  }
  return html`
    <h1 class="subject">Try ${name}</h1>
    <p class="price" data-testid="trial">${formatTrial(trial)}</p>
    <p class="then">Then ${rate}</p>
  `
}

function line(item: LineItem): Html {
  const times = item.quantity === 1 ? '' : ` × ${item.quantity}`
  return html`
    <div>
      <dt>${item.description}${times} <small>Billed ${formatInterval(item)}</small></dt>
      <dd>${formatMoney(priceOfAll(item), item.currency)}</dd>
    </div>
  `
}

/** Where the buyer chooses how many. */
function quantities(lineItems: LineItem[]): Html | string {
  const adjustable = lineItems.filter(({ adjustable_quantity: asked }) => asked?.enabled)
  if (adjustable.length === 0) return ''
  return html`<form method="post" class="inline" aria-label="Quantity">
    ${
    adjustable.map(({ id, description, quantity, adjustable_quantity: asked }) =>
      html`<label>Quantity of ${description}
        <input name="quantity:${id}" type="number" value="${quantity}" required
          min="${Math.max(asked?.minimum ?? 1, 1)}" max="${asked?.maximum ?? 99}"></label>`
    )
  }
    <button name="action" value="quantity" data-testid="quantity">Update</button>
  </form>`
}

function promotion(session: Session, code: string | undefined): Html | string {
  if (!session.allow_promotion_codes) return ''
  if (code !== undefined) {
    return html`
      <form method="post" class="inline" aria-label="Promotion code">
        <p>Promotion code <strong>${code}</strong></p>
        <button name="action" value="drop_promotion" data-testid="drop-promotion">Remove</button>
      </form>
    `
  }
  return html`
    <form method="post" class="inline" aria-label="Promotion code">
      <label>Promotion code <input name="code" required autocomplete="off" data-testid="code"></label>
      <button name="action" value="promotion" data-testid="promotion">Apply</button>
    </form>
  `
}

function payForm(session: Session, shown: Shown): Html {
  const { customer_details: buyer, custom_text: texts } = session
  const email = shown.typed.email ?? buyer?.email ?? 'buyer@example.com'
  return html`
    <h2>${titleOf(session, shown)}</h2>
    <form method="post" id="payment">
          ${field('email', 'Email', email, { type: 'email' })}
          ${shown.needsMethod ? methodFields(session, shown) : ''}
          ${termsField(session, shown)}
          ${texts.submit ? html`<p class="hint">${texts.submit.message}</p>` : ''}
          <button class="main" name="action" value="pay" data-testid="pay">${submitText(
            session,
            shown,
          )}</button>
          ${texts.after_submit ? html`<p class="hint">${texts.after_submit.message}</p>` : ''}
        </form>
  `
}

function titleOf({ payment_method_types: types }: Session, { needsMethod }: Shown): string {
  if (!needsMethod) return 'No payment is due'
  return types.includes('card') ? 'Pay by card' : 'Pay from a bank account'
}

function methodFields(session: Session, { typed }: Shown): Html {
  const { payment_method_types: types, customer_details: buyer } = session
  const name = typed.name ?? buyer?.name ?? 'Alex Example'
  if (!types.includes('card')) {
    const [account] = testMethodsOf(types)
    return html`${field('number', 'Account number or IBAN', account?.number ?? '')}
      ${field('name', 'Account holder', name)}`
  }
  return html`${field('number', 'Card number', '4242 4242 4242 4242', { mode: 'numeric' })}
    <div class="pair">
      ${field('expiry', 'Expires', '12 / 34')} ${field('cvc', 'CVC', '123', { mode: 'numeric' })}
    </div>
    ${field('name', 'Name on card', name)}`
}

function termsField(
  { consent_collection: consent, custom_text: texts }: Session,
  { typed }: Shown,
): Html | string {
  if (consent?.terms_of_service !== 'required') return ''
  const text = texts.terms_of_service_acceptance?.message ?? 'I agree to the terms of service.'
  return html`<label class="check"><input type="checkbox" name="terms" required
    ${typed.terms === 'on' ? 'checked' : ''} data-testid="terms"> <span>${text}</span></label>`
}

function submitText(session: Session, { subscription: { trial } }: Shown): string {
  const total = moneyOf(session, session.amount_total)
  if (trial) return 'Start trial'
  if (session.amount_total === 0) {
    return session.mode === 'subscription' ? 'Subscribe' : 'Complete order'
  }
  const verbs: Record<string, string> = {
    book: 'Book',
    donate: 'Donate',
    subscribe: 'Subscribe for',
  }
  return `${verbs[session.submit_type ?? ''] ?? 'Pay'} ${total}`
}

/** What a buyer's bank can do, and what no page of Stripe has a button for. */
function rehearsal(
  { payment_method_types: types, amount_total: due }: Session,
  { delayed, needsMethod }: Shown,
): Html {
  const cards = needsMethod && types.includes('card')
  return html`
    <aside class="rehearsal" aria-labelledby="rehearsal">
      <h2 id="rehearsal">Rehearse what can happen</h2>
      <p>
          Only the emulator has these buttons. The shop hears of it as it would from Stripe; how a
          delayed payment ends, you say later on <a href="/">the emulator's own page</a>.
        </p>
      <div class="buttons">
          ${cards ? action('decline', 'Decline') : ''}
          ${cards && due !== 0 ? action('authenticate', '3-D Secure') : ''}
          ${delayed && due !== 0 ? action('delayed', 'Pay later (delayed)') : ''}
          ${action('expire', 'Expire')}
        </div>
      ${needsMethod ? otherMethods(types) : ''}
    </aside>
  `
}

/** Each test method by its id, which says what it does. */
function otherMethods(types: string[]): Html {
  return html`<div class="inline">
    <label>Test card or account <select name="method" form="payment">
      ${
    testMethodsOf(types).map(({ id, number }) =>
      html`<option value="${id}">${number.slice(-4)} · ${id}</option>`
    )
  }
    </select></label>
    ${action('pay_with', 'Pay with it')}
  </div>`
}

function field(
  name: string,
  label: string,
  value: string,
  { type = 'text', mode = 'text' }: { type?: string; mode?: string } = {},
): Html {
  return html`<label>${label}
    <input name="${name}" type="${type}" inputmode="${type === 'email' ? 'email' : mode}"
      value="${value}" required autocomplete="off"></label>`
}

function action(value: string, label: string): Html {
  return html`
    <button form="payment" formnovalidate name="action" value="${value}"
      data-testid="${value}">${label}</button>
  `
}

function moneyOf({ currency }: Session, amount: number | null): string {
  return formatMoney(amount ?? 0, currency ?? 'usd')
}

/** What a line costs each time, whatever of it is due today. */
function priceOfAll({ price, quantity }: LineItem): number {
  return (price?.unit_amount ?? 0) * (quantity ?? 1)
}
