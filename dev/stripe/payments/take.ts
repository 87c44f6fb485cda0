import { ParameterFailure, refused } from '../errors.ts'
import { paymentIntentObject } from '../objects/payment.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Customer, PaymentIntent, PaymentMethod } from '../wire.ts'
import { attemptPayment } from './attempt.ts'
import { delayedTypeOf } from './test_methods.ts'

/** What is to be paid, in minor units, and by whom. */
interface Due {
  amount: number
  currency: string
  /** `null` for a buyer who is no customer. */
  customer: Customer | null
  /** `null` where there is nothing to pay with: the intent waits for a method. */
  method: PaymentMethod | null
  /** Whether the buyer is absent, as when a subscription renews. */
  offSession: boolean
  /** An intent of an attempt that was declined, which is used again. */
  earlierIntent?: string | null
  /** What else a new intent says. */
  intent?: Partial<PaymentIntent>
}

/**
 * Takes a payment and tells its events. The intent is then `succeeded`, `processing` (a debit under
 * way), `requires_action` (the owner of the card must approve it), `requires_capture` where it asks
 * for that, or `requires_payment_method` with the `last_payment_error`.
 */
export function takePayment(sandbox: Sandbox, due: Due): PaymentIntent {
  const { store } = sandbox
  const earlier = store.paymentIntents.find(due.earlierIntent ?? '')
  const intent = earlier
    ? store.paymentIntents.update(earlier.id, { amount: due.amount })
    : createIntent(sandbox, due)
  if (!due.method) return intent
  return attemptPayment(sandbox, intent, due.method, { offSession: due.offSession, mayAsk: true })
}

/** A new intent, before anything was tried. */
export function createIntent(
  sandbox: Sandbox,
  { amount, currency, customer, intent: given }: Pick<
    Due,
    'amount' | 'currency' | 'customer' | 'intent'
  >,
): PaymentIntent {
  const id = sandbox.newId('payment_intent')
  const intent = sandbox.store.paymentIntents.insert(paymentIntentObject({
    payment_method_types: methodTypesFor(currency),
    ...given,
    id,
    created: sandbox.now(),
    amount,
    currency,
    customer: customer?.id ?? null,
    client_secret: `${id}_secret_${sandbox.newId('secret')}`,
  }))
  emit(sandbox, 'payment_intent.created', intent)
  return intent
}

/** How a currency can be paid. */
export function methodTypesFor(currency: string): string[] {
  const delayed = delayedTypeOf(currency)
  return delayed ? ['card', delayed] : ['card']
}

/** The same within what a request allows. `what` is refused when nothing is left of it. */
export function allowedMethodTypes(
  currency: string,
  { allowed_payment_method_types: allowed, excluded_payment_method_types: excluded }: {
    allowed_payment_method_types?: string[]
    excluded_payment_method_types?: string[]
  },
  what: string,
): string[] {
  if (allowed && excluded) {
    throw new ParameterFailure(
      'You may only specify one of these parameters: allowed_payment_method_types, ' +
        'excluded_payment_method_types.',
    )
  }
  const types = methodTypesFor(currency)
    .filter((type) => allowed?.includes(type) ?? !excluded?.includes(type))
  if (types.length > 0) return types
  throw refused(`No valid payment method types for this ${what} in \`${currency}\`.`)
}
