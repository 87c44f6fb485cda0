import { type Context, Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { expireSession } from '../checkout/expire.ts'
import { delayedTypeFor } from '../checkout/pay.ts'
import { isSettling, settleCheckout } from '../checkout/settle.ts'
import { ParameterFailure, StripeFailure } from '../errors.ts'
import type { Sandbox } from '../sandbox.ts'
import { authenticateRoutes } from './authenticate.ts'
import { boardView } from './board.ts'
import { formatMoney } from './money.ts'
import { payAndWait, returnUrl } from './pay.ts'
import { checkoutView, completeView, expiredView, messageView, settlingView } from './views.ts'

/** The pages for people: the hosted checkout, and a board of what happened. */
export function pageRoutes(sandbox: Sandbox, answered: (eventId: string) => Promise<void>) {
  const { store } = sandbox
  return new Hono()
    .use(secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"] },
    }))
    .get('/', (c) => c.html(boardView(store)))
    .route('/authenticate', authenticateRoutes(sandbox, answered))
    .get('/c/pay/:id', (c) => showSession(c, sandbox, c.req.param('id')))
    .post('/c/pay/:id', async (c) => {
      const id = c.req.param('id')
      const { action, number, email } = await c.req.parseBody()
      if (store.sessions.get(id).status === 'complete') {
        if (action === 'succeeded' || action === 'failed') settleCheckout(sandbox, id, action)
        return c.redirect(action === 'pay' ? returnUrl(store.sessions.get(id)) : c.req.path, 303)
      }
      if (action === 'expire') {
        expireSession(sandbox, id)
        return c.redirect(c.req.path, 303)
      }
      if (action !== 'pay' && action !== 'decline' && action !== 'delayed') {
        throw new ParameterFailure('The page has no such button.')
      }
      const result = await payAndWait(sandbox, answered, id, {
        card: action === 'decline' || isDecliningCard(number) ? 'declined' : 'ok',
        ...(action === 'delayed' && { delayed: 'processing' }),
        ...(typeof email === 'string' && { email }),
      })
      if (result.outcome === 'declined') return showSession(c, sandbox, id, result.message)
      return c.redirect(result.redirectTo, 303)
    })
    .get('/i/:id', (c) => {
      const { number, status, total, currency } = store.invoices.get(c.req.param('id'))
      return c.html(messageView({
        title: `Invoice ${number}`,
        text: `${formatMoney(total, currency)}, ${status}.`,
      }))
    })
    .onError((error, c) => {
      if (!(error instanceof StripeFailure)) throw error
      const { message } = error
      return c.html(messageView({ title: 'This cannot be done', text: message }), error.status)
    })
}

function showSession(c: Context, sandbox: Sandbox, id: string, alert?: string) {
  const session = sandbox.store.sessions.get(id)
  if (session.status === 'expired') return c.html(expiredView(session))
  if (session.status === 'complete') {
    const back = returnUrl(session)
    return c.html(isSettling(sandbox, session) ? settlingView(back) : completeView(session, back))
  }
  const { lineItems } = sandbox.store.checkouts.get(id)
  const delayed = delayedTypeFor(session) !== undefined
  const view = checkoutView({ session, lineItems, delayed, ...(alert && { alert }) })
  return c.html(view, alert ? 402 : 200)
}

/** Stripe's test card that is always declined. */
function isDecliningCard(number: unknown): boolean {
  return typeof number === 'string' && number.replaceAll(/\D/g, '') === '4000000000000002'
}
