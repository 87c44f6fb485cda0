import { html } from 'hono/html'
import type { Html } from '../../emulators/page.ts'
import type { Checkout } from '../store.ts'
import type { LineItem, Session } from '../wire.ts'
import { formatInterval, formatMoney, formatTrial, moneyOf } from './money.ts'

export interface Basket extends Pick<Checkout, 'lineItems' | 'subscription'> {
  /** what is paid now, in minor units */
  due: number
  /** the promotion code that is redeemed */
  code: string | undefined
}

/** What is bought, and what of it the buyer can still change. */
export function summary(session: Session, shown: Basket): Html {
  return html`<section class="summary" aria-label="What you pay for">
    ${backLink(session)} ${headline(session, shown)}
    <dl class="lines">
      ${shown.lineItems.map(line)}
      ${discount(session)} ${balance(session, shown)}
      <div class="total"><dt>Total due today</dt>
        <dd data-testid="due">${moneyOf(session, shown.due)}</dd></div>
    </dl>
    ${quantities(shown.lineItems)} ${promotion(session, shown.code)}
  </section>`
}

function backLink({ cancel_url: url }: Session): Html | string {
  return url ? html`<a class="back" href="${url}" data-testid="back">← Back to shop</a>` : ''
}

function discount(session: Session): Html | string {
  const off = session.total_details?.amount_discount ?? 0
  if (off === 0) return ''
  return html`
    <div>
      <dt>Subtotal</dt>
      <dd>${moneyOf(session, session.amount_subtotal)}</dd>
    </div>
    <div>
      <dt>Discount</dt>
      <dd data-testid="discount">−${moneyOf(session, off)}</dd>
    </div>
  `
}

/** What the customer's balance pays, or adds. */
function balance(session: Session, { due }: Basket): Html | string {
  const applied = due - (session.amount_total ?? 0)
  if (applied === 0) return ''
  return html`
    <div>
      <dt>Applied balance</dt>
      <dd data-testid="balance">${moneyOf(session, applied)}</dd>
    </div>
  `
}

function headline(session: Session, { lineItems, subscription: { trial } }: Basket): Html {
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
    ${adjustable.map(quantity)}
    <button name="action" value="quantity" data-testid="quantity">Update</button>
  </form>`
}

function quantity({ id, description, quantity, adjustable_quantity: asked }: LineItem): Html {
  const least = Math.max(asked?.minimum ?? 1, 1)
  return html`<label>Quantity of ${description}
    <input name="quantity:${id}" type="number" value="${quantity}" required
      min="${least}" max="${asked?.maximum ?? 99}"></label>`
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

/** What a line costs each time, whatever of it is due today. */
function priceOfAll({ price, quantity }: LineItem): number {
  return (price?.unit_amount ?? 0) * (quantity ?? 1)
}
