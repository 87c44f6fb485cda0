import { type Context, Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { isEnded } from '../billing/subscriptions.ts'
import { nextInvoice } from '../billing/upcoming.ts'
import { StripeFailure } from '../errors.ts'
import type { Sandbox } from '../sandbox.ts'
import { findCoupon } from '../store.ts'
import type { PaymentMethod, PortalSession, Subscription } from '../wire.ts'
import * as actions from './actions.ts'
import { cancelView, cardView, customerFormView, pauseView, updateView } from './forms.ts'
import { confirmationView, expiredView, type Frame } from './frame.ts'
import { homeView } from './home.ts'
import { finishFlow, openVisit } from './sessions.ts'
import type { Running } from './words.ts'

/** The customer portal below `/p/session/:secret`: what its configuration allows, and no more. */
export function portalPages(sandbox: Sandbox) {
  const show = (path: string) => shownAt(sandbox, path)
  const act = (path: string, work: Work) => actedAt(sandbox, path, work)
  return new Hono()
    .use(secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"] },
      // the address is the key to the portal, and no other site may learn it
      referrerPolicy: 'no-referrer',
    }))
    .get('/:secret', (c) => {
      const frame = frameOf(sandbox, c.req.param('secret'))
      if (!frame) return c.html(expiredView(), 410)
      const { session: { flow }, flowDone } = frame.visit
      if (flow && !flowDone) return c.redirect(frame.base + pathOf(flow), 303)
      return c.html(homeOf(sandbox, frame))
    })
    .get('/:secret/done', (c) => {
      const frame = frameOf(sandbox, c.req.param('secret'))
      if (!frame) return c.html(expiredView(), 410)
      const after = frame.visit.session.flow?.after_completion.hosted_confirmation
      return c.html(confirmationView(frame, after?.custom_message ?? null))
    })
    .get('/:secret/payment-method', show('/payment-method'))
    .post('/:secret/payment-method', act('/payment-method', actions.changeCard))
    .get('/:secret/customer', show('/customer'))
    .post('/:secret/customer', act('/customer', actions.changeCustomer))
    .get('/:secret/subscriptions/:id/cancel', show('/cancel'))
    .post('/:secret/subscriptions/:id/cancel', act('/cancel', actions.cancel))
    .post('/:secret/subscriptions/:id/stay', act('/cancel', actions.stay))
    .post('/:secret/subscriptions/:id/renew', act('', actions.renew))
    .get('/:secret/subscriptions/:id/pause', show('/pause'))
    .post('/:secret/subscriptions/:id/pause', act('/pause', actions.pause))
    .post('/:secret/subscriptions/:id/resume', act('', actions.resume))
    .get('/:secret/subscriptions/:id/update', show('/update'))
    .post('/:secret/subscriptions/:id/update', act('/update', actions.update))
    .post('/:secret/invoices/:id/pay', act('', actions.pay))
}

/** Does something for the customer; gives where it goes on, when that is not the portal. */
type Work = (
  sandbox: Sandbox,
  visit: actions.Visit,
  asked: { id: string; form: actions.Form },
) => string | undefined | void

function frameOf(sandbox: Sandbox, secret: string): Frame | undefined {
  const visit = openVisit(sandbox, secret)
  return visit && { visit, base: `/p/session/${secret}` }
}

/** Answers a GET of the page at the end of a path. */
function shownAt(sandbox: Sandbox, path: string) {
  return (c: Context) => {
    const frame = frameOf(sandbox, c.req.param('secret') ?? '')
    if (!frame) return c.html(expiredView(), 410)
    return answered(c, sandbox, frame, () => viewOf(sandbox, frame, path, c.req.param('id') ?? ''))
  }
}

/** Answers a POST: back to the portal, to where the flow leads, or with what was wrong. */
function actedAt(sandbox: Sandbox, path: string, work: Work) {
  return async (c: Context) => {
    const secret = c.req.param('secret') ?? ''
    const frame = frameOf(sandbox, secret)
    if (!frame) return c.html(expiredView(), 410)
    const id = c.req.param('id') ?? ''
    const form = formOf(await c.req.parseBody())
    try {
      const leadsTo = work(sandbox, frame.visit, { id, form })
      return c.redirect(leadsTo ?? afterwards(sandbox, frame, { secret, path }), 303)
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error
      const alerted = { ...frame, alert: error.message }
      return answered(c, sandbox, alerted, () => viewOf(sandbox, alerted, path, id), error.status)
    }
  }
}

/** Answers with a page; where it cannot be shown, with the home and the reason. */
function answered(
  c: Context,
  sandbox: Sandbox,
  frame: Frame,
  view: () => ReturnType<typeof homeView>,
  status: StripeFailure['status'] | 200 = 200,
) {
  try {
    return c.html(view(), status)
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error
    return c.html(homeOf(sandbox, { ...frame, alert: error.message }), error.status)
  }
}

function viewOf(sandbox: Sandbox, frame: Frame, path: string, id: string) {
  const { visit } = frame
  const subscription = () => runningOf(sandbox, actions.subscriptionOf(sandbox, visit, id))
  switch (path) {
    case '/payment-method':
      actions.needFeature(visit, 'payment_method_update')
      return cardView(frame)
    case '/customer':
      actions.needFeature(visit, 'customer_update')
      return customerFormView(frame, sandbox.store.customers.get(visit.session.customer))
    case '/cancel':
      actions.needFeature(visit, 'subscription_cancel')
      return cancelView(
        frame,
        subscription(),
        findCoupon(sandbox.store, actions.offerOf(visit, id) ?? ''),
      )
    case '/pause':
      actions.needFeature(visit, 'subscription_pause')
      return pauseView(frame, subscription())
    case '/update':
      actions.needFeature(visit, 'subscription_update')
      return updateOf(sandbox, frame, subscription())
    default:
      return homeOf(sandbox, frame)
  }
}

function homeOf(sandbox: Sandbox, frame: Frame) {
  const { store } = sandbox
  const customer = store.customers.get(frame.visit.session.customer)
  const subscriptions = store.subscriptions.newestFirst().filter((subscription) =>
    subscription.customer === customer.id && !isEnded(subscription)
  )
  const invoices = store.invoices.newestFirst().filter((invoice) =>
    invoice.customer === customer.id && invoice.status !== 'draft'
  )
  return homeView(frame, {
    running: subscriptions.map((subscription) => runningOf(sandbox, subscription)),
    method: defaultMethod(sandbox, customer.id, subscriptions),
    customer,
    invoices,
  })
}

function runningOf(sandbox: Sandbox, subscription: Subscription): Running {
  const { store } = sandbox
  const products = new Map(
    subscription.items.data.flatMap(({ price }) => {
      const product = store.products.find(price.product)
      return product ? [[product.id, product]] : []
    }),
  )
  return { subscription, products, next: nextInvoice(sandbox, subscription.id) }
}

/** What is paid with: the customer's own default, or that of a subscription. */
function defaultMethod(
  { store }: Sandbox,
  customer: string,
  subscriptions: Subscription[],
): PaymentMethod | undefined {
  const own = store.customers.get(customer).invoice_settings.default_payment_method
  const theirs = subscriptions.map((subscription) => subscription.default_payment_method)
  return store.paymentMethods.find([own, ...theirs].find((id) => id !== null) ?? '')
}

function updateOf(sandbox: Sandbox, frame: Frame, running: Running) {
  const { store } = sandbox
  const { session, configuration } = frame.visit
  const confirm = session.flow?.subscription_update_confirm
  const item = confirm?.subscription === running.subscription.id ? confirm.items[0] : undefined
  const current = running.subscription.items.data[0]
  const fixed = item && {
    price: item.price ?? current?.price.id ?? '',
    quantity: item.quantity ?? current?.quantity ?? 1,
  }
  const sold = configuration.features.subscription_update.products?.flatMap(({ prices }) => prices)
  const shown = fixed ? [fixed.price] : sold ?? []
  const prices = shown.map((id) => {
    const price = store.prices.get(id)
    return { price, product: store.products.get(price.product) }
  })
  return updateView(frame, running, { prices, fixed })
}

/** The page on which a flow begins. */
function pathOf(flow: NonNullable<PortalSession['flow']>): string {
  const { subscription_cancel: cancel, subscription_pause: pause } = flow
  const update = flow.subscription_update ?? flow.subscription_update_confirm
  if (cancel) return `/subscriptions/${cancel.subscription}/cancel`
  if (pause) return `/subscriptions/${pause.subscription}/pause`
  if (update) return `/subscriptions/${update.subscription}/update`
  return flow.customer_update ? '/customer' : '/payment-method'
}

/** Where it goes on: where the flow leads that this ended, else the portal. */
function afterwards(sandbox: Sandbox, frame: Frame, { secret, path }: {
  secret: string
  path: string
}): string {
  const { session: { flow }, flowDone } = frame.visit
  if (!flow || flowDone || !pathOf(flow).endsWith(path) || path === '') return frame.base
  finishFlow(sandbox, secret)
  const { type, redirect } = flow.after_completion
  if (type === 'redirect' && redirect) return redirect.return_url
  return type === 'hosted_confirmation' ? `${frame.base}/done` : frame.base
}

/** The fields that were filled in; a file is none. */
function formOf(body: Record<string, string | File>): actions.Form {
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : []
    ),
  )
}
