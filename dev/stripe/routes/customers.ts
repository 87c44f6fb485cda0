import { Hono } from 'hono'
import type Stripe from 'stripe'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { addressObject } from '../objects/address.ts'
import { customerObject } from '../objects/customer.ts'
import { type Given, operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type StripeEnv } from '../sandbox.ts'
import type { Customer } from '../wire.ts'

export function customerRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const { metadata, ...params } = await read(c, CreateCustomer)
      const { store, newId, now } = c.var.sandbox
      const customer = store.customers.insert(customerObject({
        email: null,
        ...fieldsOf(params),
        id: newId('customer'),
        created: now(),
        metadata: mergeMetadata({}, metadata),
      }))
      emit(c.var.sandbox, 'customer.created', customer)
      return answer(c, customer)
    })
    .route(
      '/',
      reading({
        rows: (store) => store.customers,
        list: ListCustomers,
        isListed: (customer, params) => matches(params.email, customer.email ?? undefined),
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
      const { metadata, ...params } = await read(c, UpdateCustomer)
      const { store } = c.var.sandbox
      const former = store.customers.get(c.req.param('id'))
      const customer = store.customers.update(former.id, {
        ...fieldsOf(params),
        metadata: mergeMetadata(former.metadata, metadata),
      })
      emit(c.var.sandbox, 'customer.updated', customer, former)
      return answer(c, customer)
    })
}

const FIELDS = ['address', 'description', 'email', 'name', 'phone', 'tax_exempt'] as const

const CreateCustomer = operation<Stripe.CustomerCreateParams>('POST /v1/customers')
  .follows([...FIELDS, 'metadata'])
const UpdateCustomer = operation<Stripe.CustomerUpdateParams>('POST /v1/customers/{id}')
  .follows([...FIELDS, 'metadata'])
const ListCustomers = operation<Stripe.CustomerListParams>('GET /v1/customers')
  .follows(['created', 'email', 'ending_before', 'limit', 'starting_after'])
const RetrieveCustomer = operation<Stripe.CustomerRetrieveParams>('GET /v1/customers/{id}')
  .follows('all')
const SearchCustomers = operation<Stripe.CustomerSearchParams>('GET /v1/customers/search')
  .follows('all')

/** What a request changes: a field that it leaves out stays. */
function fieldsOf(
  { address, tax_exempt: exempt, ...fields }: Given<
    Pick<Stripe.CustomerUpdateParams, typeof FIELDS[number]>
  >,
): Partial<Customer> {
  return {
    ...fields,
    ...(address !== undefined && { address: address && addressObject(address) }),
    ...(exempt !== undefined && { tax_exempt: exempt ?? 'none' }),
  }
}
