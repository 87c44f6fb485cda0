import { type Context, Hono } from 'hono'
import { html } from 'hono/html'
import { inTimeOf } from '../billing/clocks.ts'
import { intentOf, payInvoiceNow } from '../billing/collect.ts'
import { refused, StripeFailure } from '../errors.ts'
import { failureOf } from '../payments/attempt.ts'
import { enterMethod } from '../payments/methods.ts'
import { methodTypesFor } from '../payments/take.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Invoice, PaymentIntent } from '../wire.ts'
import { cardFields } from './fields.ts'
import { formatMoney } from './money.ts'
import { typedMethod } from './typed.ts'
import { page } from './views.ts'

/** The hosted page of an invoice, where its customer pays it or approves its payment. */
export function invoiceRoutes(sandbox: Sandbox) {
  return new Hono()
    .get('/:id', (c) => show(c, sandbox, c.req.param('id')))
    .post('/:id', async (c) => {
      const id = c.req.param('id')
      try {
        const intent = pay(sandbox, id, await c.req.parseBody())
        if (intent?.status === 'requires_payment_method') throw failureOf(intent)
        const asks = intent?.status === 'requires_action'
        return c.redirect(asks ? `/authenticate/${intent.id}` : c.req.path, 303)
      } catch (error) {
        if (!(error instanceof StripeFailure) || error.status !== 402) throw error
        return show(c, sandbox, id, error.message)
      }
    })
}

function show(c: Context, sandbox: Sandbox, id: string, alert?: string) {
  const invoice = sandbox.store.invoices.get(id)
  return c.html(invoiceView(invoice, intentOf(sandbox, id), alert), alert === undefined ? 200 : 402)
}

function pay(
  sandbox: Sandbox,
  id: string,
  { number, expiry, cvc }: Record<string, unknown>,
): PaymentIntent | undefined {
  const { customer, currency, status } = sandbox.store.invoices.get(id)
  if (status !== 'open') throw refused(`This invoice cannot be paid: it is ${status}.`)
  const billed = inTimeOf(sandbox, customer)
  const test = typedMethod(
    methodTypesFor(currency),
    {
      ...(typeof number === 'string' && { number }),
      ...(typeof expiry === 'string' && { expiry }),
      ...(typeof cvc === 'string' && { cvc }),
    },
    new Date(sandbox.now() * 1000),
  )
  payInvoiceNow(billed, id, { method: enterMethod(billed, test), offSession: false })
  return intentOf(billed, id)
}

function invoiceView(invoice: Invoice, intent: PaymentIntent | undefined, alert?: string) {
  const { number, status, currency, lines, total, amount_remaining: due } = invoice
  return page(
    `Invoice ${number}`,
    html`<main class="message">
      <h1>Invoice ${number}</h1>
      <p>${formatMoney(total, currency)}, ${status}.</p>
      ${alert ? html`<p class="alert" role="alert" data-testid="alert">${alert}</p>` : ''}
      <dl class="lines">
        ${
      lines.data.map(({ description, amount }) =>
        html`
          <div>
            <dt>${description}</dt>
            <dd>${formatMoney(amount, currency)}</dd>
          </div>
        `
      )
    }
        <div class="total"><dt>To be paid</dt><dd>${formatMoney(due, currency)}</dd></div>
      </dl>
      ${status === 'open' ? payment(formatMoney(due, currency), intent) : ''}
    </main>`,
  )
}

function payment(due: string, intent: PaymentIntent | undefined) {
  if (intent?.status === 'processing') return html`<p>The payment is under way.</p>`
  if (intent?.status === 'requires_action') {
    return html`<a class="go" href="/authenticate/${intent.id}" data-testid="approve">
      Approve the payment</a>`
  }
  return html`<form method="post">
    ${cardFields()}
    <button class="main" data-testid="pay">Pay ${due}</button>
  </form>`
}
