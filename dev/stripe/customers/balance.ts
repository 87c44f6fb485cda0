import { refused } from '../errors.ts'
import { balanceTransactionObject } from '../objects/balance_transaction.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { BalanceTransaction } from '../wire.ts'

/**
 * Changes what a customer has as credit (negative) or owes (positive), which the next invoice
 * takes into account. The customer's currency is that of the first change. `amount` in minor units.
 */
export function changeBalance(
  sandbox: Sandbox,
  customer: string,
  change:
    & Pick<BalanceTransaction, 'amount' | 'currency' | 'type'>
    & Partial<Pick<BalanceTransaction, 'credit_note' | 'description' | 'invoice' | 'metadata'>>,
): BalanceTransaction {
  const { store, newId, now } = sandbox
  const former = store.customers.get(customer)
  if (former.currency && former.currency !== change.currency) {
    throw refused(
      `The customer's balance is in ${former.currency}: it cannot be changed in ` +
        `${change.currency}.`,
      { param: 'currency' },
    )
  }
  const balance = former.balance + change.amount
  const transaction = store.balanceTransactions.insert(balanceTransactionObject({
    ...change,
    id: newId('customer_balance_transaction'),
    created: now(),
    customer,
    ending_balance: balance,
  }))
  const updated = store.customers.update(customer, { balance, currency: change.currency })
  emit(sandbox, 'customer.updated', updated, former)
  return transaction
}
