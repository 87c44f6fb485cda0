import { inTimeOf } from '../billing/clocks.ts'
import { detachDiscounts } from '../billing/discounts.ts'
import { endSubscription, isEnded } from '../billing/subscriptions.ts'
import { NO_DETAILS } from '../billing/terms.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { DeletedCustomer } from '../wire.ts'

/** Deletes a customer: the subscriptions end at once, and nothing can be billed any more. */
export function deleteCustomer(sandbox: Sandbox, id: string): DeletedCustomer {
  const { store } = sandbox
  const customer = store.customers.get(id)
  for (const subscription of store.subscriptions.toJSON()) {
    if (subscription.customer !== id || isEnded(subscription)) continue
    endSubscription(inTimeOf(sandbox, id), subscription.id, {
      ...NO_DETAILS,
      reason: 'cancellation_requested',
    })
  }
  if (customer.discount) detachDiscounts(sandbox, [customer.discount.id])
  store.customers.delete(id)
  const deleted = store.deletedCustomers.insert({ id, object: 'customer', deleted: true })
  emit(sandbox, 'customer.deleted', customer)
  return deleted
}
