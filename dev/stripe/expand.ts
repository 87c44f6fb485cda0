import { ParameterFailure } from './errors.ts'
import { couponShown, promotionCodeShown } from './objects/discount.ts'
import { listObject } from './objects/list.ts'
import { inOrder } from './objects/order.ts'
import { answerOf, resolved, type Schema } from './openapi/structure.ts'
import type { Sandbox } from './sandbox.ts'
import { findCoupon, findObject, type Store } from './store.ts'

/** Refuses the paths, before anything is done, that the operation's answer cannot expand. */
export function checkExpansions(operation: string, paths: string[] = []) {
  for (const [index, path] of paths.entries()) {
    const steps = path.split('.')
    if (steps.length > MAX_DEPTH) {
      throw refusal(`You cannot expand more than ${MAX_DEPTH} levels of a property`, index)
    }
    if (!isExpandable(answerOf(operation), steps)) throw cannotExpand(path, index)
  }
}

/**
 * A copy of an answer in which the ids at these paths (`latest_invoice.payments`, in a list
 * `data.customer`) have become the objects, see https://docs.stripe.com/api/expanding_objects
 */
export function expanded(sandbox: Sandbox, answer: object, paths: string[] = []): object {
  const copy = structuredClone(answer)
  for (const [index, path] of paths.entries()) {
    expandAt(sandbox, copy, path.split('.'), () => cannotExpand(path, index))
  }
  return inOrder(copy)
}

const MAX_DEPTH = 4

function isExpandable(schema: Schema | undefined, [step, ...rest]: string[]): boolean {
  if (step === undefined) return true
  const own = resolved(schema)
  const fields = own?.['x-expandableFields'] ?? []
  if (!fields.includes(step) && step !== TOTAL) return false
  const part = own?.properties?.[step]
  return part !== undefined && isExpandable(part, rest)
}

/** How many a search found is told where it is expanded, though it is no object. */
const TOTAL = 'total_count'

function expandAt(sandbox: Sandbox, node: unknown, steps: string[], refusal: () => Error) {
  const [step, ...rest] = steps
  if (step === undefined || node === null) return
  if (Array.isArray(node)) {
    for (const item of node) expandAt(sandbox, item, steps, refusal)
    return
  }
  if (!isRecord(node)) throw refusal()
  const value = node[step] ?? included(sandbox, node, step)
  if (value === undefined || step === TOTAL) return
  node[step] = objectsFor(sandbox, value, refusal)
  expandAt(sandbox, node[step], rest, refusal)
}

function objectsFor(sandbox: Sandbox, value: unknown, refusal: () => Error): unknown {
  if (Array.isArray(value)) return value.map((item) => objectsFor(sandbox, item, refusal))
  if (typeof value === 'object') return value
  const object = shownObject(sandbox, String(value))
  if (!object) throw refusal()
  return structuredClone(object)
}

/** The object with this id, as an answer shows it. */
function shownObject({ store, now }: Sandbox, id: string): { object: string } | undefined {
  const coupon = findCoupon(store, id)
  if (coupon) return couponShown(coupon, now())
  const code = store.promotionCodes.find(id)
  if (!code) return findObject(store, id)
  return promotionCodeShown(code, store.coupons.find(code.promotion.coupon ?? ''), now())
}

/** Lists that an answer holds only where they are expanded. Absent where there is no such list. */
function included({ store }: Sandbox, node: Record<string, unknown>, key: string): unknown {
  if (node[key] === null) return null
  const id = String(node.id)
  switch (`${node.object}.${key}`) {
    case 'checkout.session.line_items':
      return list(store.checkouts.get(id).lineItems, `/v1/checkout/sessions/${id}/line_items`)
    case 'invoice.payments':
      return list(
        store.invoicePayments.newestFirst().filter(({ invoice }) => invoice === id),
        `/v1/invoice_payments?invoice=${id}`,
      )
    case 'invoice.confirmation_secret':
      return confirmationSecret(store, id)
    case 'charge.refunds':
      return list(
        store.refunds.newestFirst().filter(({ charge }) => charge === id),
        `/v1/charges/${id}/refunds`,
      )
    case 'coupon.applies_to':
      return structuredClone(findCoupon(store, id)?.applies_to)
    case 'coupon.currency_options':
      return structuredClone(findCoupon(store, id)?.currency_options)
    case 'customer.sources':
      return list([], `/v1/customers/${id}/sources`)
    case 'customer.tax_ids':
      return list(
        store.taxIds.newestFirst().filter(({ customer }) => customer === id),
        `/v1/customers/${id}/tax_ids`,
      )
    case 'customer.subscriptions':
      return list(
        store.subscriptions.newestFirst().filter(({ customer }) => customer === id),
        `/v1/customers/${id}/subscriptions`,
      )
    default:
      return undefined
  }
}

/** What a browser confirms the payment of an invoice with, while that waits for it. */
function confirmationSecret(store: Store, invoice: string) {
  const payment = store.invoicePayments.newestFirst().find((payment) =>
    payment.invoice === invoice && payment.is_default
  )
  const intent = store.paymentIntents.find(payment?.payment.payment_intent ?? '')
  return intent?.client_secret
    ? { client_secret: intent.client_secret, type: 'payment_intent' }
    : null
}

function list(data: unknown[], url: string) {
  return structuredClone(listObject(data, url))
}

function cannotExpand(path: string, index: number) {
  return refusal(`This property cannot be expanded (${path}).`, index)
}

function refusal(message: string, index: number) {
  return new ParameterFailure(message, { param: `expand[${index}]` })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
