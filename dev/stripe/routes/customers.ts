import { Hono } from 'hono'
import type Stripe from 'stripe'
import * as z from 'zod'
import { answer, answerList, inRange, matches, readParams } from '../http.ts'
import { customerObject } from '../objects/customer.ts'
import {
  clearable,
  email,
  expand,
  mergeMetadata,
  metadata,
  notEmulated,
  oneOf,
  paging,
  range,
  Retrieve,
  type Shape,
  text,
} from '../params.ts'
import { emit, type StripeEnv } from '../sandbox.ts'

export function customerRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const { expand, metadata, address, ...params } = await readParams(c, CreateCustomer)
      const { store, newId, now } = c.var.sandbox
      const customer = store.customers.insert(customerObject({
        email: null,
        ...params,
        id: newId('customer'),
        created: now(),
        address: address && addressObject(address),
        metadata: mergeMetadata({}, metadata),
      }))
      emit(c.var.sandbox, 'customer.created', customer)
      return answer(c, customer, expand)
    })
    .get('/', async (c) => {
      const params = await readParams(c, ListCustomers)
      const customers = c.var.sandbox.store.customers.newestFirst().filter((customer) =>
        matches(params.email, customer.email ?? undefined) &&
        inRange(customer.created, params.created)
      )
      return answerList(c, customers, params)
    })
    .get('/:id', async (c) => {
      const { expand } = await readParams(c, Retrieve)
      return answer(c, c.var.sandbox.store.customers.get(c.req.param('id')), expand)
    })
    .post('/:id', async (c) => {
      const { expand, metadata, address, ...params } = await readParams(c, UpdateCustomer)
      const { store } = c.var.sandbox
      const former = store.customers.get(c.req.param('id'))
      const customer = store.customers.update(former.id, {
        ...params,
        ...(address !== undefined && { address: address && addressObject(address) }),
        metadata: mergeMetadata(former.metadata, metadata),
      })
      emit(c.var.sandbox, 'customer.updated', customer, former)
      return answer(c, customer, expand)
    })
}

const Address = z.strictObject(
  {
    city: text().optional(),
    country: text(2).optional(),
    line1: text().optional(),
    line2: text().optional(),
    postal_code: text().optional(),
    state: text().optional(),
  } satisfies Shape<Stripe.AddressParam>,
)

const shared = {
  address: clearable(Address).optional(),
  balance: notEmulated,
  business_name: notEmulated,
  cash_balance: notEmulated,
  description: clearable(text()).optional(),
  email: clearable(email).optional(),
  expand,
  individual_name: notEmulated,
  invoice_prefix: notEmulated,
  invoice_settings: notEmulated,
  metadata: metadata.optional(),
  name: clearable(text(256)).optional(),
  next_invoice_sequence: notEmulated,
  phone: clearable(text(20)).optional(),
  preferred_locales: notEmulated,
  shipping: notEmulated,
  source: notEmulated,
  tax: notEmulated,
  tax_exempt: oneOf('exempt', 'none', 'reverse').optional(),
  validate: notEmulated,
}

const CreateCustomer = z.strictObject(
  {
    ...shared,
    payment_method: notEmulated,
    tax_id_data: notEmulated,
    test_clock: notEmulated,
  } satisfies Shape<Stripe.CustomerCreateParams>,
)

const UpdateCustomer = z.strictObject(
  {
    ...shared,
    default_source: notEmulated,
  } satisfies Shape<Stripe.CustomerUpdateParams>,
)

const ListCustomers = z.strictObject(
  {
    ...paging,
    created: range.optional(),
    email: text().optional(),
    test_clock: notEmulated,
  } satisfies Shape<Stripe.CustomerListParams>,
)

function addressObject(address: z.output<typeof Address>) {
  const empty = {
    city: null,
    country: null,
    line1: null,
    line2: null,
    postal_code: null,
    state: null,
  }
  return { ...empty, ...address }
}
