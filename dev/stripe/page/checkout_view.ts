import { html } from 'hono/html'
import type { Html } from '../../emulators/page.ts'
import { EXAMPLE_BUYER } from '../checkout/pay.ts'
import { testMethodsOf } from '../payments/test_methods.ts'
import type { Session } from '../wire.ts'
import { cardFields, field } from './fields.ts'
import { moneyOf } from './money.ts'
import { type Basket, summary } from './summary_view.ts'
import { page } from './views.ts'

/** What of a session its page shows beside the session itself. */
interface Shown extends Basket {
  /** why the last attempt was not taken */
  alert: string | undefined
  /** the kind of bank account that pays with delay */
  delayed: string | undefined
  needsMethod: boolean
  /** what the buyer typed when the last attempt was not taken */
  typed: Record<string, string | undefined>
  needsAddress: boolean
}

/** An open session, to be paid. */
export function checkoutView(session: Session, shown: Shown): Html {
  const { alert } = shown
  return page(
    `Pay ${moneyOf(session, shown.due)}`,
    html`<main class="checkout">
      ${summary(session, shown)}
      <section class="payment" aria-label="Payment">
        ${alert ? html`<p class="alert" role="alert" data-testid="alert">${alert}</p>` : ''}
        ${payForm(session, shown)} ${rehearsal(session, shown)}
      </section>
    </main>`,
  )
}

function payForm(session: Session, shown: Shown): Html {
  const { customer_details: buyer, custom_text: texts } = session
  const email = shown.typed.email ?? buyer?.email ?? EXAMPLE_BUYER.email
  return html`
    <h2>${titleOf(session, shown)}</h2>
    <form method="post" id="payment">
          ${field('email', 'Email', email, { type: 'email' })}
          ${shown.needsMethod ? methodFields(session, shown) : ''}
          ${shown.needsAddress ? addressFields(session, shown) : ''} ${termsField(session, shown)}
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
  const name = typed.name ?? buyer?.name ?? EXAMPLE_BUYER.name
  if (!types.includes('card')) {
    const [account] = testMethodsOf(types)
    return html`${field('number', 'Account number or IBAN', account?.number ?? '')}
      ${field('name', 'Account holder', name)}`
  }
  return html`${cardFields()} ${field('name', 'Name on card', name)}`
}

function addressFields({ customer_details: buyer }: Session, { typed }: Shown): Html {
  const known = buyer?.address ?? EXAMPLE_BUYER.address
  return html`${field('line1', 'Address', typed.line1 ?? known.line1 ?? '')}
    <div class="pair">
      ${field('postal_code', 'Postal code', typed.postal_code ?? known.postal_code ?? '')}
      ${field('city', 'City', typed.city ?? known.city ?? '')}
    </div>
    ${field('country', 'Country, two letters', typed.country ?? known.country ?? '')}`
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

function submitText(session: Session, { due, subscription: { trial } }: Shown): string {
  const total = moneyOf(session, due)
  if (trial) return 'Start trial'
  if (due === 0) {
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
  { payment_method_types: types }: Session,
  { delayed, due, needsMethod }: Shown,
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

function action(value: string, label: string): Html {
  return html`
    <button form="payment" formnovalidate name="action" value="${value}"
      data-testid="${value}">${label}</button>
  `
}
