import { html } from 'hono/html'
import { type Html, page as document } from '../../emulators/page.ts'
import { formatMoney } from '../page/money.ts'
import type {
  Coupon,
  Customer,
  Invoice,
  PaymentMethod,
  PortalConfiguration,
  Price,
  Product,
  Subscription,
} from '../wire.ts'
import type { Visit } from './actions.ts'
import { STYLE } from './style.ts'

/** What every page of the portal stands in. */
export interface Frame {
  visit: Visit
  /** the portal's own address, without a trailing slash */
  base: string
  /** why the last request was not done */
  alert?: string | undefined
}

/** One subscription as the customer sees it. */
export interface Running {
  subscription: Subscription
  products: Map<string, Product>
  /** what the next renewal bills; none where it does not renew */
  next: Invoice | undefined
}

type Features = PortalConfiguration['features']

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

/** Asks whether a subscription shall end, and why; `offer` is for who stays. */
export function cancelView(frame: Frame, one: Running, offer: Coupon | undefined): Html {
  const { mode, cancellation_reason: reason } = frame.visit.configuration.features
    .subscription_cancel
  const { id } = one.subscription
  const end = day(endOf(one.subscription))
  return formView(frame, {
    title: 'Cancel the subscription',
    text: mode === 'immediately'
      ? `${nameOf(one)} ends at once.`
      : `${nameOf(one)} goes on until ${end}, and is not billed any more.`,
    before: offer && offerView(`${frame.base}/subscriptions/${id}/stay`, offer),
    action: `/subscriptions/${id}/cancel`,
    submit: 'Cancel the subscription',
    fields: html`
      ${reason.enabled
        ? html`
          <label>Why do you cancel?
            <select name="feedback">
              <option value="">No answer</option>
              ${reason.options.map((option) =>
                html`<option value="${option}">${words(option)}</option>`
              )}
            </select>
          </label>
          <label>Anything else?<textarea name="comment" rows="3" maxlength="500"></textarea></label>
        `
        : ''}
    `,
  })
}

export function pauseView(frame: Frame, one: Running): Html {
  return formView(frame, {
    title: 'Pause the subscription',
    text: `${nameOf(one)} stops now, and is not billed until you resume it.`,
    action: `/subscriptions/${one.subscription.id}/pause`,
    submit: 'Pause the subscription',
    fields: html``,
  })
}

/** Lets the customer choose among the prices; with `fixed` only confirm one change. */
export function updateView(frame: Frame, one: Running, { prices, fixed }: {
  prices: { price: Price; product: Product }[]
  fixed?: { price: string; quantity: number } | undefined
}): Html {
  const { subscription_update: feature } = frame.visit.configuration.features
  const item = one.subscription.items.data[0]
  const chosen = fixed?.price ?? item?.price.id
  const quantity = fixed?.quantity ?? item?.quantity ?? 1
  return formView(frame, {
    title: fixed ? 'Confirm the change' : 'Change the subscription',
    text: `Now it is ${nameOf(one)}.`,
    action: `/subscriptions/${one.subscription.id}/update`,
    submit: fixed ? 'Confirm' : 'Change',
    fields: html`
      ${prices.map(({ price, product }) =>
        html`
          <label class="choice">
            <input type="radio" name="price" value="${price.id}"
              ${price.id === chosen ? 'checked' : ''}>
            <span>${product.name}, ${priceText(price)}</span>
          </label>
        `
      )}
      ${feature.default_allowed_updates.includes('quantity') || fixed
        ? field({ name: 'quantity', label: 'Quantity', value: String(quantity), type: 'number' })
        : ''}
    `,
  })
}

export function cardView(frame: Frame): Html {
  return formView(frame, {
    title: 'Change the card',
    text: 'All that is due from now on is paid with this card. Any test card of Stripe is known ' +
      'here; no other number can be typed.',
    action: '/payment-method',
    submit: 'Save the card',
    fields: html`
      ${field({ name: 'number', label: 'Card number', value: '4242 4242 4242 4242' })}
      ${field({ name: 'expiry', label: 'Expires', value: '12 / 34' })}
      ${field({ name: 'cvc', label: 'CVC', value: '123' })}
    `,
  })
}

export function customerFormView(frame: Frame, customer: Customer): Html {
  const { allowed_updates: allowed } = frame.visit.configuration.features.customer_update
  const { address } = customer
  return formView(frame, {
    title: 'Change your details',
    text: 'They stand on the next invoices.',
    action: '/customer',
    submit: 'Save',
    fields: html`
      ${allowed.includes('name')
        ? field({ name: 'name', label: 'Name', value: customer.name })
        : ''}
      ${allowed.includes('email')
        ? field({ name: 'email', label: 'Email', value: customer.email, type: 'email' })
        : ''}
      ${allowed.includes('phone')
        ? field({ name: 'phone', label: 'Phone', value: customer.phone, type: 'tel' })
        : ''}
      ${allowed.includes('address')
        ? html`
          ${field({ name: 'line1', label: 'Address', value: address?.line1 })}
          ${field({ name: 'line2', label: 'Address, second line', value: address?.line2 })}
          ${field({ name: 'postal_code', label: 'Postal code', value: address?.postal_code })}
          ${field({ name: 'city', label: 'City', value: address?.city })}
          ${field({ name: 'state', label: 'State or county', value: address?.state })}
          ${field({ name: 'country', label: 'Country, two letters', value: address?.country })}
        `
        : ''}
    `,
  })
}

/** Says that a flow is done, with the words of whoever began it. */
export function confirmationView(frame: Frame, message: string | null): Html {
  return frameView(
    frame,
    'Done',
    html`<p role="status">${message ?? 'Your change was saved.'}</p>`,
  )
}

/** An address that is not good any more, or never was. */
export function expiredView(): Html {
  return document({
    title: 'The link has expired',
    style: STYLE,
    content: html`
      <main class="content">
        <h1>This link has expired</h1>
        <p>Go back to the shop, and open your account there again.</p>
      </main>
    `,
  })
}

function frameView({ visit, base, alert }: Frame, title: string, content: Html): Html {
  const { session, configuration: { business_profile: profile } } = visit
  return document({
    title: `${title} · Customer portal`,
    style: STYLE,
    content: html`
      <div class="portal">
        <header class="bar">
          <h1>${profile.headline ?? 'Manage your subscriptions and your billing details'}</h1>
          ${session.return_url
            ? html`<p><a class="back" href="${session.return_url}">← Return to the shop</a></p>`
            : ''}
          <p>The Stripe emulator’s customer portal. No money moves.</p>
          ${policies(profile)}
        </header>
        <main class="content" data-base="${base}">
          ${alert ? html`<p class="alert" role="alert">${alert}</p>` : ''} ${content}
        </main>
      </div>
    `,
  })
}

function policies(profile: PortalConfiguration['business_profile']): Html {
  const { privacy_policy_url: privacy, terms_of_service_url: terms } = profile
  return html`<p class="policies">
    ${terms ? html`<a href="${terms}">Terms</a>` : ''}
    ${privacy ? html`<a href="${privacy}">Privacy</a>` : ''}
  </p>`
}

function formView(frame: Frame, { title, text, before, action, submit, fields }: {
  title: string
  text: string
  before?: Html | undefined
  action: string
  submit: string
  fields: Html
}): Html {
  return frameView(
    frame,
    title,
    html`
      <section class="part">
        <h2>${title}</h2>
        <p>${text}</p>
        ${before ?? ''}
        <form class="form" method="post" action="${frame.base}${action}">
          ${fields}
          <div class="actions">
            <button class="main" data-testid="submit">${submit}</button>
            <a class="button" href="${frame.base}">Go back</a>
          </div>
        </form>
      </section>
    `,
  )
}

function field({ name, label, value, type = 'text' }: {
  name: string
  label: string
  value: string | null | undefined
  type?: 'text' | 'email' | 'tel' | 'number'
}): Html {
  return html`<label>${label}<input type="${type}" name="${name}" value="${value ?? ''}"></label>`
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

function offerView(action: string, coupon: Coupon): Html {
  const { amount_off: amount, percent_off: percent, currency, duration_in_months: months } = coupon
  const off = percent === null ? formatMoney(amount ?? 0, currency ?? 'usd') : `${percent} %`
  const time = { once: 'on the next invoice', forever: 'from now on', repeating: '' }
  const when = coupon.duration === 'repeating' ? `for ${months} months` : time[coupon.duration]
  return html`
    <div class="row offer" data-testid="offer">
      <p class="what">Stay, and pay ${off} less ${when}.</p>
      <div class="actions">${button(action, 'Take the offer')}</div>
    </div>
  `
}

function button(action: string, text: string): Html {
  return html`<form method="post" action="${action}"><button>${text}</button></form>`
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

function nameOf({ subscription, products }: Running): string {
  return subscription.items.data.map(({ price, quantity = 1 }) => {
    const product = products.get(price.product)?.name ?? price.product
    return `${product}${quantity === 1 ? '' : ` × ${quantity}`}, ${priceText(price)}`
  }).join(' and ')
}

function priceText({ unit_amount: amount, currency, recurring }: Price): string {
  const { interval = 'month', interval_count: count = 1 } = recurring ?? {}
  const each = count === 1 ? `per ${interval}` : `every ${count} ${interval}s`
  return `${formatMoney(amount ?? 0, currency)} ${each}`
}

function endOf({ items }: Subscription): number {
  return Math.min(...items.data.map((item) => item.current_period_end))
}

/** `past_due` as people read it: "Past due". */
function words(value: string): string {
  const text = value.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function day(seconds: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
    .format(seconds * 1000)
}
