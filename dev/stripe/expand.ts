import { ParameterFailure } from './errors.ts'
import { listObject } from './objects/list.ts'
import type { Sandbox } from './sandbox.ts'
import { findObject, type Store } from './store.ts'

/**
 * A copy of an answer in which the ids at these paths (`latest_invoice.payments`, in a list
 * `data.customer`) have become the objects, see https://docs.stripe.com/api/expanding_objects
 */
export function expanded({ store }: Sandbox, answer: object, paths: string[] = []): object {
  const copy = structuredClone(answer)
  for (const [index, path] of paths.entries()) {
    const steps = path.split('.')
    if (steps.length > MAX_DEPTH) {
      throw refusal(`You cannot expand more than ${MAX_DEPTH} levels of a property`, index)
    }
    expandAt(
      store,
      copy,
      steps,
      () => refusal(`This property cannot be expanded (${path}).`, index),
    )
  }
  return copy
}

const MAX_DEPTH = 4

function expandAt(store: Store, node: unknown, steps: string[], refusal: () => Error) {
  const [step, ...rest] = steps
  if (step === undefined || node === null) return
  if (Array.isArray(node)) {
    for (const item of node) expandAt(store, item, steps, refusal)
    return
  }
  if (!isRecord(node)) throw refusal()
  const value = node[step] ?? included(store, node, step)
  if (value === undefined) throw refusal()
  node[step] = objectsFor(store, value, refusal)
  expandAt(store, node[step], rest, refusal)
}

function objectsFor(store: Store, value: unknown, refusal: () => Error): unknown {
  if (Array.isArray(value)) return value.map((item) => objectsFor(store, item, refusal))
  if (typeof value === 'object') return value
  const object = findObject(store, String(value))
  if (!object) throw refusal()
  return structuredClone(object)
}

/** Lists that an answer holds only where they are expanded. Absent where there is no such list. */
function included(store: Store, node: Record<string, unknown>, key: string): unknown {
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
    case 'charge.refunds':
      return list(
        store.refunds.newestFirst().filter(({ charge }) => charge === id),
        `/v1/charges/${id}/refunds`,
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

function list(data: unknown[], url: string) {
  return structuredClone(listObject(data, url))
}

function refusal(message: string, index: number) {
  return new ParameterFailure(message, { param: `expand[${index}]` })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
