import { noSuch, ParameterFailure, refused, StripeFailure } from '../errors.ts'
import { paymentMethodObject } from '../objects/payment_method.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Store } from '../store.ts'
import type { Customer, PaymentMethod } from '../wire.ts'
import { declined } from './declines.ts'
import { behaviourOf, type TestMethod, testMethodOf } from './test_methods.ts'

/** A new method with the details of a test method. */
export function enterMethod(
  { store, newId, now }: Sandbox,
  test: TestMethod,
  given: Partial<PaymentMethod> = {},
): PaymentMethod {
  return store.paymentMethods.insert(
    paymentMethodObject({ ...given, id: newId('payment_method'), created: now() }, test),
  )
}

/** The method of this id; of the id of a test method, as `pm_card_visa`, a new one. */
export function methodOfId(sandbox: Sandbox, id: string, param?: string): PaymentMethod {
  const test = sandbox.store.paymentMethods.find(id) ? undefined : testMethodOf(id)
  return test ? enterMethod(sandbox, test) : sandbox.store.paymentMethods.get(id, param)
}

/** The test method of an id that must name one. */
export function knownTestMethod(id: string, param: string): TestMethod {
  const found = testMethodOf(id)
  if (!found) throw noSuch('PaymentMethod', id, param)
  return found
}

/** Makes a method the customer's own, which the bank must agree to. */
export function attachMethod(
  sandbox: Sandbox,
  method: PaymentMethod,
  customer: Customer,
): PaymentMethod {
  const { store } = sandbox
  if (method.customer === customer.id) return method
  if (method.customer !== null) {
    throw refused(
      'The payment method you provided has already been attached to a customer.',
      { code: 'payment_method_already_attached' },
    )
  }
  if (isSpent(store, method)) {
    throw refused(
      'This PaymentMethod was previously used without being attached to a Customer or was ' +
        'detached from a Customer, and may not be used again.',
    )
  }
  const { declines, attaches = false } = behaviourOf(method)
  if (declines && !attaches) throw declined(declines)
  const attached = store.paymentMethods.update(method.id, { customer: customer.id })
  emit(sandbox, 'payment_method.attached', attached)
  return attached
}

/** Takes a method from its customer for good; what would be paid with it has no method any more. */
export function detachMethod(sandbox: Sandbox, method: PaymentMethod): PaymentMethod {
  const { store } = sandbox
  if (method.customer === null) {
    throw refused(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
    )
  }
  const detached = store.paymentMethods.update(method.id, { customer: null })
  emit(sandbox, 'payment_method.detached', detached, method)
  forgetDefault(sandbox, method)
  return detached
}

/**
 * Refuses a method that cannot pay for this customer, who is `null` when it is nobody's. `types` are
 * those that the payment allows.
 */
export function checkMethod(
  store: Store,
  method: PaymentMethod,
  { customer, types }: { customer: string | null; types: string[] },
) {
  if (!types.includes(method.type)) {
    throw refused(
      `The PaymentMethod provided (${method.type}) is not allowed for this PaymentIntent. Please ` +
        `attach a PaymentMethod of one of the following types: ${types.join(', ')}.`,
      { param: 'payment_method' },
    )
  }
  if (method.customer === null) return refuseSpent(store, method)
  if (customer === null) {
    throw refused(
      'The payment method you provided is attached to a customer so for security purposes you ' +
        'must provide the customer in the request.',
      { param: 'payment_method' },
    )
  }
  if (customer === method.customer) return
  throw refused(
    `The PaymentMethod ${method.id} does not belong to the Customer you supplied ${customer}. ` +
      'Please use this PaymentMethod with the Customer that it belongs to instead.',
    { param: 'payment_method' },
  )
}

/** Card numbers must not pass through a server. */
export function refuseCardNumber(): StripeFailure {
  return new StripeFailure(402, {
    type: 'invalid_request_error',
    message: 'Sending credit card numbers directly to the Stripe API is generally unsafe. To ' +
      'continue processing use Stripe.js, the Stripe mobile bindings, or Stripe Elements. For ' +
      'tests there are ids and tokens: pm_card_visa, tok_visa.',
  })
}

/** A bank account that is none of the test accounts. */
export function unknownAccount(param: string): ParameterFailure {
  return new ParameterFailure(
    'You must use a test bank account number in test mode. Try one of those listed at ' +
      'https://docs.stripe.com/testing.',
    { code: 'account_number_invalid', param },
  )
}

function refuseSpent(store: Store, method: PaymentMethod) {
  if (!isSpent(store, method)) return
  throw refused(
    'The provided PaymentMethod was previously used with a PaymentIntent without Customer ' +
      'attachment, shared with a connected account without Customer attachment, or was detached ' +
      'from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must ' +
      'attach it to a Customer first.',
    { param: 'payment_method' },
  )
}

/** Whether a method of nobody has paid before, or was somebody's. */
function isSpent(store: Store, { id, customer }: PaymentMethod): boolean {
  if (customer !== null) return false
  return store.charges.toJSON().some((charge) =>
    charge.payment_method === id && charge.status !== 'failed'
  ) ||
    store.events.toJSON().some(({ type, data }) =>
      type === 'payment_method.detached' && 'id' in data.object && data.object.id === id
    )
}

function forgetDefault(sandbox: Sandbox, { id, customer: owner }: PaymentMethod) {
  const { store } = sandbox
  const customer = store.customers.find(owner ?? '')
  if (customer?.invoice_settings.default_payment_method === id) {
    const updated = store.customers.update(customer.id, {
      invoice_settings: { ...customer.invoice_settings, default_payment_method: null },
    })
    emit(sandbox, 'customer.updated', updated, customer)
  }
  for (const subscription of store.subscriptions.toJSON()) {
    if (subscription.default_payment_method !== id) continue
    const updated = store.subscriptions.update(subscription.id, { default_payment_method: null })
    emit(sandbox, 'customer.subscription.updated', updated, subscription)
  }
}
