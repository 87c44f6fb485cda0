import { noSuch } from '../errors.ts'
import { EMPTY_BILLING_DETAILS, paymentMethodObject } from '../objects/payment_method.ts'
import type { Sandbox } from '../sandbox.ts'
import type { PaymentMethod } from '../wire.ts'
import { type TestMethod, testMethodOf } from './test_methods.ts'

/** A new method with the details of a test method. */
export function enterMethod(
  { store, newId, now }: Sandbox,
  test: TestMethod,
  given: Partial<PaymentMethod> = {},
): PaymentMethod {
  return store.paymentMethods.insert(paymentMethodObject({
    ...given,
    billing_details: given.billing_details ?? EMPTY_BILLING_DETAILS,
    id: newId('payment_method'),
    created: now(),
  }, test))
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
