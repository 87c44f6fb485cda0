import type { BalanceTransaction } from '../wire.ts'

/** A change of what a customer has as credit (negative) or owes (positive); minor units. */
export function balanceTransactionObject(
  transaction:
    & Pick<
      BalanceTransaction,
      'id' | 'created' | 'amount' | 'currency' | 'customer' | 'ending_balance' | 'type'
    >
    & Partial<BalanceTransaction>,
): BalanceTransaction {
  return {
    object: 'customer_balance_transaction',
    checkout_session: null,
    credit_note: null,
    customer_account: null,
    description: null,
    invoice: null,
    livemode: false,
    metadata: {},
    ...transaction,
  }
}
