import { Hono } from 'hono'
import { html } from 'hono/html'
import { sessionOfIntent } from '../checkout/settle.ts'
import { ParameterFailure, refused } from '../errors.ts'
import { ownerAnswered } from '../payments/settled.ts'
import type { Sandbox } from '../sandbox.ts'
import type { PaymentIntent } from '../wire.ts'
import { formatMoney } from './money.ts'
import { completionHeard, returnUrl } from './pay.ts'
import { messageView, page } from './views.ts'

/** Where a bank asks the owner of a card to approve a payment, as 3-D Secure has it. */
export function authenticateRoutes(
  sandbox: Sandbox,
  answered: (eventId: string) => Promise<void>,
) {
  const { store } = sandbox
  return new Hono()
    .get('/:id', (c) => {
      const intent = store.paymentIntents.get(c.req.param('id'))
      return c.html(intent.status === 'requires_action' ? askView(intent) : answeredView(intent))
    })
    .post('/:id', async (c) => {
      const intent = store.paymentIntents.get(c.req.param('id'))
      if (intent.status !== 'requires_action') throw refused('This payment was answered already.')
      const { action } = await c.req.parseBody()
      if (action !== 'approve' && action !== 'refuse') {
        throw new ParameterFailure('The page has no such button.')
      }
      const back = intent.next_action?.redirect_to_url?.return_url
      const after = ownerAnswered(sandbox, intent.id, action === 'approve')
      if (back) return c.redirect(backTo(back, after), 303)
      const session = sessionOfIntent(store, intent.id)
      if (!session) return c.redirect(invoicePage(sandbox, after) ?? c.req.path, 303)
      if (session.status !== 'complete') return c.redirect(`/c/pay/${session.id}`, 303)
      await completionHeard(sandbox, answered, session.id)
      return c.redirect(returnUrl(session), 303)
    })
}

/** The page of the invoice that the intent pays. */
function invoicePage({ store }: Sandbox, { id }: PaymentIntent): string | undefined {
  const found = store.invoicePayments.toJSON().find(({ payment }) => payment.payment_intent === id)
  return found && `/i/${found.invoice}`
}

function askView(intent: PaymentIntent) {
  const amount = formatMoney(intent.amount, intent.currency)
  return page(
    'Approve the payment',
    html`
      <main class="message">
        <h1>Do you approve this payment of ${amount}?</h1>
        <p>Here the bank asks the owner of the card, as 3-D Secure wants it. The emulator knows no
              banks: you answer for the owner.</p>
        <form method="post">
          <button class="main" name="action" value="approve" data-testid="approve">Approve</button>
          <button name="action" value="refuse" data-testid="refuse">Refuse</button>
        </form>
      </main>
    `,
  )
}

function answeredView({ status, amount, currency }: PaymentIntent) {
  return messageView({
    title: 'The bank has its answer',
    text: `Status of the payment of ${formatMoney(amount, currency)}: ${status}.`,
  })
}

/** What Stripe adds to a `return_url`. */
function backTo(url: string, { id, client_secret: secret, status }: PaymentIntent): string {
  const back = new URL(url)
  back.searchParams.set('payment_intent', id)
  back.searchParams.set('payment_intent_client_secret', secret ?? '')
  const failed = status === 'requires_payment_method'
  back.searchParams.set('redirect_status', failed ? 'failed' : 'succeeded')
  return back.href
}
