import { html } from 'hono/html'
import type { Html } from '../../emulators/page.ts'
import { formatMoney } from '../page/money.ts'
import type { Coupon, Customer, Price, Product } from '../wire.ts'
import { button, field, formView, type Frame } from './frame.ts'
import { day, endOf, nameOf, priceText, type Running, words } from './words.ts'

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

/** Asks whether a subscription shall pause. */
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

/** Asks for another card. */
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

/** Asks for what the configuration lets the customer change. */
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
