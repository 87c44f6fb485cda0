import { Hono } from 'hono'
import type Stripe from 'stripe'
import { addTaxId } from '../customers/tax_ids.ts'
import { noSuch } from '../errors.ts'
import { answer, answerList, read } from '../http.ts'
import { operation } from '../openapi/operation.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { TaxId } from '../wire.ts'

/** The tax ids of one customer, below `/v1/customers/:customer`. */
export function taxIdRoutes() {
  return new Hono<StripeEnv>()
    .post('/:customer/tax_ids', async (c) => {
      const { type, value } = await read(c, CreateTaxId)
      const { sandbox } = c.var
      const customer = sandbox.store.customers.get(c.req.param('customer'))
      return answer(c, addTaxId(sandbox, customer.id, { type, value }))
    })
    .get('/:customer/tax_ids', async (c) => {
      await read(c, ListTaxIds)
      return answerList(c, taxIdsOf(c.var.sandbox, c.req.param('customer')))
    })
    .get('/:customer/tax_ids/:id', async (c) => {
      await read(c, RetrieveTaxId)
      const { customer, id } = c.req.param()
      return answer(c, findTaxId(c.var.sandbox, customer, id))
    })
    .delete('/:customer/tax_ids/:id', async (c) => {
      await read(c, DeleteTaxId)
      const { customer, id } = c.req.param()
      const { sandbox } = c.var
      const taxId = findTaxId(sandbox, customer, id)
      sandbox.store.taxIds.delete(taxId.id)
      emit(sandbox, 'customer.tax_id.deleted', taxId)
      return answer(c, { id: taxId.id, object: 'tax_id', deleted: true })
    })
}

const ONE = '/v1/customers/{customerId}/tax_ids/{id}'

const CreateTaxId = operation<Stripe.CustomerCreateTaxIdParams>('POST /v1/customers/{id}/tax_ids')
  .follows('all')
const ListTaxIds = operation<Stripe.CustomerListTaxIdsParams>('GET /v1/customers/{id}/tax_ids')
  .follows('all')
const RetrieveTaxId = operation<Stripe.CustomerRetrieveTaxIdParams>(`GET ${ONE}`).follows('all')
const DeleteTaxId = operation<Stripe.CustomerDeleteTaxIdParams>(`DELETE ${ONE}`).follows('all')

function taxIdsOf({ store }: Sandbox, customer: string): TaxId[] {
  const { id } = store.customers.get(customer)
  return store.taxIds.newestFirst().filter((taxId) => taxId.customer === id)
}

function findTaxId(sandbox: Sandbox, customer: string, id: string): TaxId {
  const taxId = taxIdsOf(sandbox, customer).find((taxId) => taxId.id === id)
  if (!taxId) throw noSuch('tax_id', id)
  return taxId
}
