import { html } from 'hono/html'
import type { Html } from '../../emulators/page.ts'
import { formatMoney } from '../page/money.ts'
import type {
  Customer,
  Invoice,
  PaymentMethod,
  PortalConfiguration,
  Subscription,
} from '../wire.ts'
import { button, type Frame, frameView } from './frame.ts'
import { day, endOf, nameOf, type Running, words } from './words.ts'

type Features = PortalConfiguration['features']

/** All that the customer has: subscriptions, card, details and invoices. */
export function homeView(frame: Frame, { running, method, customer, invoices }: {
  running: Running[]
  method: PaymentMethod | undefined
  customer: Customer
  invoices: Invoice[]
}): Html {
  const { features } = frame.visit.configuration
  return frameView(
    frame,
    'Your account',
    html`
      <section class="part" aria-labelledby="plans">
        <h2 id="plans">Subscriptions</h2>
        ${running.length > 0
          ? running.map((one) => subscriptionView(frame.base, one, features))
          : html`<p class="soft">There is no subscription now.</p>`}
      </section>
      ${features.payment_method_update.enabled ? methodView(frame.base, method) : ''}
      ${features.customer_update.enabled ? customerView(frame.base, customer) : ''}
      ${features.invoice_history.enabled ? invoicesView(frame.base, invoices) : ''}
    `,
  )
}

function subscriptionView(base: string, one: Running, features: Features): Html {
  const { subscription, next } = one
  return html`
    <article class="row" data-testid="subscription">
      <div class="what">
        <h3>${nameOf(one)}</h3>
        <p>${stateView(subscription)}</p>
        <p class="soft">${renewalText(subscription, next)}</p>
      </div>
      <div class="actions">${subscriptionActions(base, subscription, features)}</div>
    </article>
  `
}

function subscriptionActions(base: string, subscription: Subscription, features: Features): Html {
  const path = `${base}/subscriptions/${subscription.id}`
  const { subscription_cancel: cancel, subscription_pause: pause } = features
  const paused = subscription.status === 'paused'
  const ends = subscription.cancel_at !== null
  const single = subscription.items.data.length === 1
  return html`
    ${features.subscription_update.enabled && single && !paused && !ends
      ? html`<a class="button" href="${path}/update">Change</a>`
      : ''}
    ${pause.enabled && paused ? button(`${path}/resume`, 'Resume') : ''}
    ${pause.enabled && !paused && !ends
      ? html`<a class="button" href="${path}/pause">Pause</a>`
      : ''}
    ${cancel.enabled && ends ? button(`${path}/renew`, 'Do not cancel') : ''}
    ${cancel.enabled && !ends ? html`<a class="button" href="${path}/cancel">Cancel</a>` : ''}
  `
}

const BAD = new Set<Subscription['status']>(['past_due', 'unpaid', 'incomplete'])

function stateView({ status, cancel_at: end }: Subscription): Html {
  if (end !== null) return html`<span class="state bad">Ends ${day(end)}</span>`
  const look = BAD.has(status) ? 'bad' : status === 'paused' ? '' : 'good'
  return html`<span class="state ${look}">${words(status)}</span>`
}

function renewalText(subscription: Subscription, next: Invoice | undefined): string {
  if (subscription.status === 'paused') return 'Nothing is billed until you resume it.'
  if (subscription.cancel_at !== null) return 'It is not billed any more.'
  if (!next) return `The period ends on ${day(endOf(subscription))}.`
  return `The next invoice is of ${day(endOf(subscription))}: ` +
    `${formatMoney(next.amount_due, next.currency)}.`
}

function methodView(base: string, method: PaymentMethod | undefined): Html {
  return html`
    <section class="part" aria-labelledby="method">
      <h2 id="method">Payment method</h2>
      <div class="row">
        <div class="what">
          <p data-testid="method">${methodText(method)}</p>
        </div>
        <div class="actions">
          <a class="button" href="${base}/payment-method">Change the card</a>
        </div>
      </div>
    </section>
  `
}

function methodText(method: PaymentMethod | undefined): string {
  if (!method) return 'There is none yet.'
  const { card } = method
  if (!card) return words(method.type)
  return `${words(card.brand)} •••• ${card.last4}, expires ${card.exp_month}/${card.exp_year}`
}

function customerView(base: string, { name, email, phone, address }: Customer): Html {
  const { line1, line2, postal_code: code, city, state, country } = address ?? {}
  const place = [code, city].filter(Boolean).join(' ')
  const lines = [name, email, phone, line1, line2, place, state, country]
  return html`
    <section class="part" aria-labelledby="details">
      <h2 id="details">Billing details</h2>
      <div class="row">
        <div class="what" data-testid="details">
          ${lines.map((line) => line ? html`<p>${line}</p>` : '')}
        </div>
        <div class="actions">
          <a class="button" href="${base}/customer">Change the details</a>
        </div>
      </div>
    </section>
  `
}

function invoicesView(base: string, invoices: Invoice[]): Html {
  return html`
    <section class="part" aria-labelledby="invoices">
      <h2 id="invoices">Invoices</h2>
      ${invoices.length === 0 ? html`<p class="soft">There is none yet.</p>` : html`
        <table class="invoices">
          <thead>
            <tr>
              <th>Date</th>
              <th>Amount</th>
              <th>State</th>
              <td></td>
            </tr>
          </thead>
          <tbody>${invoices.map((invoice) => invoiceRow(base, invoice))}</tbody>
        </table>
      `}
    </section>
  `
}

function invoiceRow(base: string, { id, created, total, currency, status, ...invoice }: Invoice) {
  const look = status === 'paid' ? 'good' : status === 'open' ? 'bad' : ''
  const link = invoice.hosted_invoice_url
  return html`
    <tr data-testid="invoice">
      <td>${link ? html`<a href="${link}">${day(created)}</a>` : day(created)}</td>
      <td>${formatMoney(total, currency)}</td>
      <td><span class="state ${look}">${words(status ?? 'draft')}</span></td>
      <td>${status === 'open' ? button(`${base}/invoices/${id}/pay`, 'Pay') : ''}</td>
    </tr>
  `
}
