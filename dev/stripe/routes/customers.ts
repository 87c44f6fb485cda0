import { Hono } from 'hono'
import type Stripe from 'stripe'
import { detachDiscounts } from '../billing/discounts.ts'
import { createCustomer, updateCustomer } from '../customers/change.ts'
import { deleteCustomer } from '../customers/delete.ts'
import { noSuch } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { deletedDiscountObject } from '../objects/discount.ts'
import { operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type StripeEnv } from '../sandbox.ts'
import { balanceTransactionRoutes } from './balance_transactions.ts'
import { customerPaymentMethodRoutes } from './customer_payment_methods.ts'
import { taxIdRoutes } from './tax_ids.ts'

export function customerRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateCustomer)
      return answer(c, createCustomer(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.customers,
        deleted: (store) => store.deletedCustomers,
        list: ListCustomers,
        isListed: (customer, params) =>
          matches(params.email, customer.email ?? undefined) &&
          customer.test_clock === (params.test_clock ?? null),
        retrieve: RetrieveCustomer,
        search: {
          operation: SearchCustomers,
          fields: {
            created: ({ created }) => created,
            email: ({ email }) => email,
            name: ({ name }) => name,
            phone: ({ phone }) => phone,
          },
        },
      }),
    )
    .post('/:id', async (c) => {
      const params = await read(c, UpdateCustomer)
      return answer(c, updateCustomer(c.var.sandbox, c.req.param('id'), params))
    })
    .delete('/:id', async (c) => {
      await read(c, DeleteCustomer)
      return answer(c, deleteCustomer(c.var.sandbox, c.req.param('id')))
    })
    .delete('/:id/discount', async (c) => {
      await read(c, DeleteDiscount)
      const { store } = c.var.sandbox
      const former = store.customers.get(c.req.param('id'))
      const { discount } = former
      if (!discount) throw noSuch('discount for customer', former.id)
      detachDiscounts(c.var.sandbox, [discount.id])
      emit(
        c.var.sandbox,
        'customer.updated',
        store.customers.update(former.id, { discount: null }),
        former,
      )
      return answer(c, deletedDiscountObject(discount))
    })
    .route('/', balanceTransactionRoutes())
    .route('/', customerPaymentMethodRoutes())
    .route('/', taxIdRoutes())
}

const FIELDS = [
  'address',
  'balance',
  'business_name',
  'description',
  'email',
  'individual_name',
  'invoice_prefix',
  'invoice_settings',
  'metadata',
  'name',
  'next_invoice_sequence',
  'phone',
  'preferred_locales',
  'shipping',
  'tax_exempt',
] as const

const NO_TEMPLATE = 'invoice_settings.rendering_options.template'

const CreateCustomer = operation<Stripe.CustomerCreateParams>('POST /v1/customers')
  .follows([...FIELDS, 'payment_method', 'tax_id_data', 'test_clock'], [NO_TEMPLATE])
const UpdateCustomer = operation<Stripe.CustomerUpdateParams>('POST /v1/customers/{id}')
  .follows([...FIELDS], [NO_TEMPLATE])
const ListCustomers = operation<Stripe.CustomerListParams>('GET /v1/customers').follows('all')
const RetrieveCustomer = operation<Stripe.CustomerRetrieveParams>('GET /v1/customers/{id}')
  .follows('all')
const SearchCustomers = operation<Stripe.CustomerSearchParams>('GET /v1/customers/search')
  .follows('all')
const DeleteCustomer = operation<Stripe.CustomerDeleteParams>('DELETE /v1/customers/{id}')
  .follows('all')
const DeleteDiscount = operation<Stripe.CustomerDeleteDiscountParams>(
  'DELETE /v1/customers/{id}/discount',
).follows('all')
