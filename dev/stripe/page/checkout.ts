import { type Context, Hono } from 'hono'
import { changeQuantities, dropPromotionCode, enterPromotionCode } from '../checkout/basket.ts'
import { expireSession } from '../checkout/expire.ts'
import {
  delayedTypeFor,
  dueNow,
  needsAddress,
  needsMethod,
  type PayOptions,
} from '../checkout/pay.ts'
import { isSettling, settleCheckout } from '../checkout/settle.ts'
import { ParameterFailure, refused, StripeFailure } from '../errors.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Session } from '../wire.ts'
import { checkoutView } from './checkout_view.ts'
import { payAndWait, returnUrl } from './pay.ts'
import { typedMethod } from './typed.ts'
import { completeView, expiredView, settlingView } from './views.ts'

type Fields = Record<string, string | undefined>

/** The hosted page of a session, which needs no script. */
export function checkoutRoutes(
  sandbox: Sandbox,
  answered: (eventId: string) => Promise<void>,
) {
  const { store } = sandbox
  return new Hono()
    .get('/:id', (c) => show(c, sandbox, c.req.param('id')))
    .post('/:id', async (c) => {
      const id = c.req.param('id')
      const fields = await fieldsOf(c)
      const session = store.sessions.get(id)
      if (session.status === 'complete') return goOn(c, sandbox, session, fields.action)
      if (session.status === 'expired') {
        throw refused('This Checkout Session is no longer open: it is expired.')
      }
      try {
        if (changes(sandbox, id, fields)) return c.redirect(c.req.path, 303)
        const result = await payAndWait(sandbox, answered, id, payOptions(sandbox, session, fields))
        if (result.outcome === 'declined') {
          return show(c, sandbox, id, { text: result.message, status: 402, typed: fields })
        }
        return c.redirect(result.redirectTo, 303)
      } catch (error) {
        if (!(error instanceof StripeFailure) || error instanceof ParameterFailure) throw error
        const { message: text, status } = error
        return show(c, sandbox, id, { text, status, typed: fields })
      }
    })
}

/** Why what was asked for was not done, and the status of the answer that says so. */
interface Alert {
  text: string
  status: StripeFailure['status']
  typed: Fields
}

function show(c: Context, sandbox: Sandbox, id: string, alert?: Alert) {
  const { store } = sandbox
  const session = store.sessions.get(id)
  if (session.status === 'expired') return c.html(expiredView(session))
  if (session.status === 'complete') {
    const back = returnUrl(session)
    return c.html(isSettling(sandbox, session) ? settlingView(back) : completeView(session, back))
  }
  const { paymentIntent, ...checkout } = store.checkouts.get(id)
  const former = store.paymentIntents.find(paymentIntent ?? '')?.last_payment_error?.message
  const due = dueNow(sandbox, session)
  const view = checkoutView(session, {
    ...checkout,
    due,
    alert: alert?.text ?? former,
    code: store.promotionCodes.find(checkout.discounts[0]?.promotion_code ?? '')?.code,
    delayed: delayedTypeFor(session),
    needsMethod: needsMethod(session, due),
    typed: alert?.typed ?? {},
    needsAddress: needsAddress(session),
  })
  return c.html(view, alert?.status ?? 200)
}

/** A session that is paid leads back to the shop; one whose money is under way can be ended. */
function goOn(c: Context, sandbox: Sandbox, session: Session, action: string | undefined) {
  if (action === 'succeeded' || action === 'failed') settleCheckout(sandbox, session.id, action)
  return c.redirect(action === 'pay' ? returnUrl(session) : c.req.path, 303)
}

/** Does what a button of the page asks for other than to pay. */
function changes(sandbox: Sandbox, id: string, fields: Fields): boolean {
  switch (fields.action) {
    case 'expire':
      expireSession(sandbox, id)
      return true
    case 'quantity':
      changeQuantities(sandbox, id, quantitiesOf(fields))
      return true
    case 'promotion':
      enterPromotionCode(sandbox, id, fields.code ?? '')
      return true
    case 'drop_promotion':
      dropPromotionCode(sandbox, id)
      return true
    default:
      return false
  }
}

function payOptions(sandbox: Sandbox, session: Session, fields: Fields): PayOptions {
  const { action, email, name, number, method, terms } = fields
  const { consent_collection: consent } = session
  if (consent?.terms_of_service === 'required' && terms !== 'on') {
    throw refused('Please agree to the terms of service.')
  }
  const { line1, postal_code, city, country } = fields
  const buyer = {
    ...(email && { email }),
    ...(name && { name }),
    ...(country && { address: { line1, postal_code, city, country: country.toUpperCase() } }),
  }
  switch (action) {
    case 'pay': {
      if (!needsMethod(session, dueNow(sandbox, session)) || number === undefined) return buyer
      const { id } = typedMethod(
        session.payment_method_types,
        { ...fields, number },
        new Date(sandbox.now() * 1000),
      )
      return { ...buyer, method: id }
    }
    case 'pay_with':
      return { ...buyer, method: method ?? '' }
    case 'decline':
      return { ...buyer, card: 'declined' }
    case 'authenticate':
      return { ...buyer, method: 'pm_card_authenticationRequired' }
    case 'delayed':
      return { ...buyer, delayed: 'processing' }
    default:
      throw new ParameterFailure('The page has no such button.')
  }
}

/** The fields `quantity:li_…`, by the id of the line. */
function quantitiesOf(fields: Fields): Map<string, number> {
  return new Map(
    Object.entries(fields).flatMap(([name, value]) => {
      const [kind, id] = name.split(':')
      return kind === 'quantity' && id !== undefined ? [[id, Number(value)] as const] : []
    }),
  )
}

async function fieldsOf(c: Context): Promise<Fields> {
  const body = await c.req.parseBody()
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : []
    ),
  )
}
