import { Hono } from 'hono'
import type Stripe from 'stripe'
import { changeBalance } from '../customers/balance.ts'
import { noSuch } from '../errors.ts'
import { answer, answerList, inRange, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { operation } from '../openapi/operation.ts'
import type { Sandbox, StripeEnv } from '../sandbox.ts'
import type { BalanceTransaction } from '../wire.ts'

/** The changes of one customer's balance, below `/v1/customers/:customer`. */
export function balanceTransactionRoutes() {
  return new Hono<StripeEnv>()
    .post('/:customer/balance_transactions', async (c) => {
      const { amount, currency, description, metadata } = await read(c, CreateTransaction)
      const { sandbox } = c.var
      const customer = sandbox.store.customers.get(c.req.param('customer'))
      return answer(
        c,
        changeBalance(sandbox, customer.id, {
          amount,
          currency,
          description: description ?? null,
          metadata: mergeMetadata({}, metadata),
          type: 'adjustment',
        }),
      )
    })
    .get('/:customer/balance_transactions', async (c) => {
      const { created, invoice } = await read(c, ListTransactions)
      const rows = transactionsOf(c.var.sandbox, c.req.param('customer')).filter((transaction) =>
        inRange(transaction.created, created) &&
        matches(invoice, transaction.invoice ?? undefined)
      )
      return answerList(c, rows)
    })
    .get('/:customer/balance_transactions/:id', async (c) => {
      await read(c, RetrieveTransaction)
      const { customer, id } = c.req.param()
      return answer(c, findTransaction(c.var.sandbox, customer, id))
    })
    .post('/:customer/balance_transactions/:id', async (c) => {
      const { description, metadata } = await read(c, UpdateTransaction)
      const { customer, id } = c.req.param()
      const { sandbox } = c.var
      const former = findTransaction(sandbox, customer, id)
      const updated = sandbox.store.balanceTransactions.update(former.id, {
        ...(description !== undefined && { description }),
        metadata: mergeMetadata(former.metadata ?? {}, metadata),
      })
      return answer(c, updated)
    })
}

const ALL = '/v1/customers/{id}/balance_transactions'
const ONE = '/v1/customers/{customerId}/balance_transactions/{id}'

const CreateTransaction = operation<Stripe.CustomerCreateBalanceTransactionParams>(`POST ${ALL}`)
  .follows('all')
const ListTransactions = operation<Stripe.CustomerListBalanceTransactionsParams>(`GET ${ALL}`)
  .follows('all')
const RetrieveTransaction = operation<Stripe.CustomerRetrieveBalanceTransactionParams>(
  `GET ${ONE}`,
).follows('all')
const UpdateTransaction = operation<Stripe.CustomerUpdateBalanceTransactionParams>(`POST ${ONE}`)
  .follows('all')

function transactionsOf({ store }: Sandbox, customer: string): BalanceTransaction[] {
  const { id } = store.customers.get(customer)
  return store.balanceTransactions.newestFirst().filter((row) => row.customer === id)
}

function findTransaction(sandbox: Sandbox, customer: string, id: string): BalanceTransaction {
  const transaction = transactionsOf(sandbox, customer).find((row) => row.id === id)
  if (!transaction) throw noSuch('customer_balance_transaction', id)
  return transaction
}
