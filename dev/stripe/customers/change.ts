import type Stripe from 'stripe'
import { onClock } from '../billing/clocks.ts'
import { refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import { addressObject } from '../objects/address.ts'
import { customerObject } from '../objects/customer.ts'
import type { Given } from '../openapi/operation.ts'
import { attachMethod, methodOfId } from '../payments/methods.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Customer } from '../wire.ts'
import { changeBalance } from './balance.ts'
import { addTaxId, checkTaxId } from './tax_ids.ts'

/** What a request can say of a customer. */
type Fields = Given<Stripe.CustomerUpdateParams>
type NewFields =
  & Fields
  & Pick<Given<Stripe.CustomerCreateParams>, 'payment_method' | 'tax_id_data' | 'test_clock'>

/** Creates a customer with what comes along: a first balance and tax ids. */
export function createCustomer(sandbox: Sandbox, params: NewFields): Customer {
  const { test_clock: clock, tax_id_data: taxIds = [], balance } = params
  if (clock !== undefined) sandbox.store.testClocks.get(clock, 'test_clock')
  const { store, newId, now } = onClock(sandbox, clock)
  for (const [index, taxId] of taxIds.entries()) checkTaxId(taxId, `tax_id_data[${index}][value]`)
  const empty = customerObject({
    email: null,
    id: newId('customer'),
    created: now(),
    metadata: {},
    test_clock: clock ?? null,
  })
  const fields = withMethod(sandbox, empty, params)
  checkInvoicing(sandbox, empty, fields)
  const customer = store.customers.insert({ ...empty, ...changesOf(empty, fields) })
  emit(sandbox, 'customer.created', customer)
  for (const taxId of taxIds) addTaxId(sandbox, customer.id, taxId)
  if (balance) {
    changeBalance(sandbox, customer.id, { amount: balance, currency: 'usd', type: 'initial' })
  }
  return store.customers.get(customer.id)
}

/** Changes a customer: what the request leaves out stays. */
export function updateCustomer(sandbox: Sandbox, id: string, params: Fields): Customer {
  const { store } = sandbox
  const former = store.customers.get(id)
  checkInvoicing(sandbox, former, params)
  const updated = store.customers.update(id, changesOf(former, params))
  emit(sandbox, 'customer.updated', updated, former)
  const { balance = former.balance } = params
  if (balance !== former.balance) {
    changeBalance(sandbox, id, {
      amount: balance - former.balance,
      currency: former.currency ?? 'usd',
      type: 'adjustment',
    })
  }
  return store.customers.get(id)
}

/** The request, when the method that it brings along was made the customer's own. */
function withMethod(sandbox: Sandbox, customer: Customer, params: NewFields): NewFields {
  const { payment_method: id, invoice_settings: settings } = params
  if (id === undefined) return params
  const method = attachMethod(sandbox, methodOfId(sandbox, id, 'payment_method'), customer)
  if (settings?.default_payment_method !== id) return params
  return { ...params, invoice_settings: { ...settings, default_payment_method: method.id } }
}

function checkInvoicing({ store }: Sandbox, customer: Customer, params: Fields) {
  const { invoice_prefix: prefix, invoice_settings: settings } = params
  const { next_invoice_sequence: next = Infinity } = params
  const method = settings?.default_payment_method
  if (method && store.paymentMethods.find(method)?.customer !== customer.id) {
    throw notAttached(method)
  }
  if (prefix !== undefined && !/^[A-Z0-9]{3,12}$/.test(prefix)) {
    throw refused('An invoice prefix is 3 to 12 uppercase letters or numbers.', {
      param: 'invoice_prefix',
    })
  }
  if (next < (customer.next_invoice_sequence ?? 1)) {
    throw refused('The next invoice sequence cannot be less than it is.', {
      param: 'next_invoice_sequence',
    })
  }
}

function notAttached(method: string) {
  return refused(
    `The customer does not have a payment method with the ID ${method}. The payment method must ` +
      'be attached to the customer.',
    { code: 'resource_missing', param: 'invoice_settings[default_payment_method]' },
  )
}

function changesOf(former: Customer, params: Fields): Partial<Customer> {
  const { address, business_name: business, individual_name: individual, shipping } = params
  return {
    ...simpleChanges(params),
    ...(address !== undefined && { address: address && addressObject(address) }),
    ...(business !== undefined && { business_name: business ?? undefined }),
    ...(individual !== undefined && { individual_name: individual ?? undefined }),
    ...(shipping !== undefined && { shipping: shipping && shippingObject(shipping) }),
    invoice_settings: invoiceSettings(former.invoice_settings, params.invoice_settings),
    metadata: mergeMetadata(former.metadata, params.metadata),
    tax_exempt: params.tax_exempt === null ? 'none' : params.tax_exempt ?? former.tax_exempt,
  }
}

const SIMPLE = [
  'description',
  'email',
  'invoice_prefix',
  'name',
  'next_invoice_sequence',
  'phone',
  'preferred_locales',
] as const

function simpleChanges(params: Fields): Partial<Customer> {
  return Object.fromEntries(
    SIMPLE.flatMap((key) => params[key] === undefined ? [] : [[key, params[key]]]),
  )
}

function shippingObject(
  { address, name, phone }: NonNullable<Fields['shipping']>,
): Customer['shipping'] {
  return { address: addressObject(address), name, phone: phone ?? null }
}

function invoiceSettings(
  former: Customer['invoice_settings'],
  { custom_fields: custom, rendering_options: rendering, ...rest }: Given<
    Stripe.CustomerUpdateParams.InvoiceSettings
  > = {},
): Customer['invoice_settings'] {
  return {
    ...former,
    ...rest,
    ...(custom !== undefined && { custom_fields: custom }),
    ...(rendering !== undefined && {
      rendering_options: rendering &&
        { amount_tax_display: rendering.amount_tax_display ?? null, template: null },
    }),
  }
}
