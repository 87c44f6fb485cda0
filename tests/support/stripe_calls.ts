import type Stripe from 'stripe'
import { customerObject } from '../../dev/stripe/objects/customer.ts'
import { couponObject, discountObject } from '../../dev/stripe/objects/discount.ts'
import { openStore } from '../../dev/stripe/store.ts'
import { catalogue, openSession, type Setup } from './stripe.ts'

/** Asks for one operation in a way that succeeds, after whatever it needs. */
export type Call = (setup: Setup) => Promise<unknown>

/** What an operation finds that no request could have made; it is an older version's. */
export const STATES: Record<string, unknown> = {
  'DELETE /v1/customers/{id}/discount': discounted(),
}

/** Operations that are here and can only say no, as nothing here is in the state that they need. */
export const REFUSALS: Record<string, { call: Call; message: string }> = {
  'POST /v1/refunds/{id}/cancel': {
    call: async (setup) => await setup.stripe.refunds.cancel((await refund(setup)).id),
    message: 'Only refunds with the status requires_action can be canceled.',
  },
}

/** One call of each other operation that the emulator has. */
export const CALLS: Record<string, Call> = {
  'GET /v1/billing_portal/configurations': ({ stripe }) =>
    stripe.billingPortal.configurations.list(),
  'POST /v1/billing_portal/configurations': configuration,
  'GET /v1/billing_portal/configurations/{id}': async (setup) =>
    await setup.stripe.billingPortal.configurations.retrieve((await configuration(setup)).id),
  'POST /v1/billing_portal/configurations/{id}': async (setup) =>
    await setup.stripe.billingPortal.configurations
      .update((await configuration(setup)).id, { active: false }),
  'POST /v1/billing_portal/sessions': async (setup) =>
    await setup.stripe.billingPortal.sessions.create({ customer: (await customer(setup)).id }),

  'GET /v1/charges': async (setup) =>
    await setup.stripe.charges.list({ customer: (await bought(setup)).customer }),
  'GET /v1/charges/search': async (setup) => {
    await bought(setup)
    return await setup.stripe.charges.search({ query: 'status:"succeeded"' })
  },
  'GET /v1/charges/{id}': async (setup) =>
    await setup.stripe.charges.retrieve((await paid(setup)).charge),
  'POST /v1/charges/{id}': async (setup) =>
    await setup.stripe.charges.update((await paid(setup)).charge, { description: 'A server' }),
  'POST /v1/charges/{id}/capture': async (setup) => {
    const intent = await setAside(setup)
    return await setup.stripe.charges.capture(String(intent.latest_charge))
  },

  'GET /v1/checkout/sessions': async (setup) => {
    await openSession(setup)
    return await setup.stripe.checkout.sessions.list()
  },
  'POST /v1/checkout/sessions': openSession,
  'GET /v1/checkout/sessions/{id}': async (setup) =>
    await setup.stripe.checkout.sessions.retrieve((await openSession(setup)).id),
  'POST /v1/checkout/sessions/{id}': async (setup) =>
    await setup.stripe.checkout.sessions
      .update((await openSession(setup)).id, { metadata: { a: 'b' } }),
  'POST /v1/checkout/sessions/{id}/expire': async (setup) =>
    await setup.stripe.checkout.sessions.expire((await openSession(setup)).id),
  'GET /v1/checkout/sessions/{id}/line_items': async (setup) =>
    await setup.stripe.checkout.sessions.listLineItems((await openSession(setup)).id),

  'GET /v1/coupons': async (setup) => {
    await coupon(setup)
    return await setup.stripe.coupons.list()
  },
  'POST /v1/coupons': coupon,
  'GET /v1/coupons/{id}': async (setup) =>
    await setup.stripe.coupons.retrieve((await coupon(setup)).id),
  'POST /v1/coupons/{id}': async (setup) =>
    await setup.stripe.coupons.update((await coupon(setup)).id, { name: 'Spring' }),
  'DELETE /v1/coupons/{id}': async (setup) =>
    await setup.stripe.coupons.del((await coupon(setup)).id),

  'GET /v1/credit_notes': async (setup) => {
    await creditNote(setup)
    return await setup.stripe.creditNotes.list()
  },
  'POST /v1/credit_notes': creditNote,
  'GET /v1/credit_notes/preview': async (setup) =>
    await setup.stripe.creditNotes.preview({
      invoice: (await bought(setup)).invoice,
      amount: 100,
      credit_amount: 100,
    }),
  'GET /v1/credit_notes/preview/lines': async (setup) =>
    await setup.stripe.creditNotes.listPreviewLineItems({
      invoice: (await bought(setup)).invoice,
      amount: 100,
      credit_amount: 100,
    }),
  'GET /v1/credit_notes/{id}': async (setup) =>
    await setup.stripe.creditNotes.retrieve((await creditNote(setup)).id),
  'POST /v1/credit_notes/{id}': async (setup) =>
    await setup.stripe.creditNotes.update((await creditNote(setup)).id, { memo: 'Sorry' }),
  'GET /v1/credit_notes/{id}/lines': async (setup) =>
    await setup.stripe.creditNotes.listLineItems((await creditNote(setup)).id),
  'POST /v1/credit_notes/{id}/void': async (setup) => {
    const { invoice } = await bought(setup, { delayed: 'processing' })
    const { id } = await setup.stripe.creditNotes.create({ invoice, amount: 100 })
    return await setup.stripe.creditNotes.voidCreditNote(id)
  },

  'GET /v1/customers': async (setup) => {
    await customer(setup)
    return await setup.stripe.customers.list()
  },
  'POST /v1/customers': customer,
  'GET /v1/customers/search': async (setup) => {
    await customer(setup)
    return await setup.stripe.customers.search({ query: 'name:"Ada"' })
  },
  'GET /v1/customers/{id}': async (setup) =>
    await setup.stripe.customers.retrieve((await customer(setup)).id),
  'POST /v1/customers/{id}': async (setup) =>
    await setup.stripe.customers.update((await customer(setup)).id, { name: 'Bob' }),
  'DELETE /v1/customers/{id}': async (setup) =>
    await setup.stripe.customers.del((await customer(setup)).id),
  'GET /v1/customers/{id}/balance_transactions': async (setup) =>
    await setup.stripe.customers
      .listBalanceTransactions((await credit(setup)).customer),
  'POST /v1/customers/{id}/balance_transactions': credit,
  'GET /v1/customers/{customerId}/balance_transactions/{id}': async (setup) => {
    const { customer, id } = await credit(setup)
    return await setup.stripe.customers.retrieveBalanceTransaction(customer, id)
  },
  'POST /v1/customers/{customerId}/balance_transactions/{id}': async (setup) => {
    const { customer, id } = await credit(setup)
    return await setup.stripe.customers.updateBalanceTransaction(customer, id, { description: 'X' })
  },
  'DELETE /v1/customers/{id}/discount': ({ stripe }) => stripe.customers.deleteDiscount('cus_1'),
  'GET /v1/customers/{id}/payment_methods': async (setup) =>
    await setup.stripe.customers.listPaymentMethods((await bought(setup)).customer),
  'GET /v1/customers/{customerId}/payment_methods/{id}': async (setup) => {
    const method = await attached(setup)
    return await setup.stripe.customers
      .retrievePaymentMethod(String(method.customer), method.id)
  },
  'GET /v1/customers/{id}/tax_ids': async (setup) =>
    await setup.stripe.customers.listTaxIds((await taxId(setup)).customer),
  'POST /v1/customers/{id}/tax_ids': taxId,
  'GET /v1/customers/{customerId}/tax_ids/{id}': async (setup) => {
    const { customer, id } = await taxId(setup)
    return await setup.stripe.customers.retrieveTaxId(customer, id)
  },
  'DELETE /v1/customers/{customerId}/tax_ids/{id}': async (setup) => {
    const { customer, id } = await taxId(setup)
    return await setup.stripe.customers.deleteTaxId(customer, id)
  },

  'GET /v1/disputes': async (setup) => {
    await dispute(setup)
    return await setup.stripe.disputes.list()
  },
  'GET /v1/disputes/{id}': async (setup) =>
    await setup.stripe.disputes.retrieve((await dispute(setup)).id),
  'POST /v1/disputes/{id}': async (setup) =>
    await setup.stripe.disputes
      .update((await dispute(setup)).id, { evidence: { product_description: 'A server' } }),
  'POST /v1/disputes/{id}/close': async (setup) =>
    await setup.stripe.disputes.close((await dispute(setup)).id),

  'GET /v1/events': async (setup) => {
    await bought(setup)
    return await setup.stripe.events.list({ limit: 100 })
  },
  'GET /v1/events/{id}': async (setup) => {
    await bought(setup)
    return await setup.stripe.events.retrieve(setup.emulator.events[0]?.id ?? '')
  },

  'GET /v1/invoice_payments': async (setup) =>
    await setup.stripe.invoicePayments.list({ invoice: (await bought(setup)).invoice }),
  'GET /v1/invoice_payments/{id}': async (setup) => {
    const { invoice } = await bought(setup)
    const { data: [payment] } = await setup.stripe.invoicePayments.list({ invoice })
    return await setup.stripe.invoicePayments.retrieve(payment?.id ?? '')
  },

  'GET /v1/invoiceitems': async (setup) => {
    await invoiceItem(setup)
    return await setup.stripe.invoiceItems.list()
  },
  'POST /v1/invoiceitems': invoiceItem,
  'GET /v1/invoiceitems/{id}': async (setup) =>
    await setup.stripe.invoiceItems.retrieve((await invoiceItem(setup)).id),
  'POST /v1/invoiceitems/{id}': async (setup) =>
    await setup.stripe.invoiceItems.update((await invoiceItem(setup)).id, { amount: 400 }),
  'DELETE /v1/invoiceitems/{id}': async (setup) =>
    await setup.stripe.invoiceItems.del((await invoiceItem(setup)).id),

  'GET /v1/invoices': async (setup) => {
    await bought(setup)
    return await setup.stripe.invoices.list()
  },
  'POST /v1/invoices': draft,
  'POST /v1/invoices/create_preview': async (setup) =>
    await setup.stripe.invoices.createPreview({ subscription: (await bought(setup)).subscription }),
  'GET /v1/invoices/search': async (setup) => {
    await bought(setup)
    return await setup.stripe.invoices.search({ query: 'status:"paid"' })
  },
  'GET /v1/invoices/{id}': async (setup) =>
    await setup.stripe.invoices.retrieve((await bought(setup)).invoice),
  'POST /v1/invoices/{id}': async (setup) =>
    await setup.stripe.invoices.update(await draftId(setup), { description: 'Servers' }),
  'DELETE /v1/invoices/{id}': async (setup) =>
    await setup.stripe.invoices.del(await draftId(setup)),
  'POST /v1/invoices/{id}/add_lines': async (setup) =>
    await setup.stripe.invoices.addLines(await draftId(setup), {
      lines: [{ amount: 200, description: 'Set-up' }],
    }),
  'POST /v1/invoices/{id}/attach_payment': async (setup) => {
    const intent = await setup.stripe.paymentIntents.create({
      amount: 300,
      currency: 'eur',
      customer: (await customer(setup)).id,
    })
    const invoice = await openInvoice(setup, String(intent.customer))
    return await setup.stripe.invoices.attachPayment(invoice, { payment_intent: intent.id })
  },
  'POST /v1/invoices/{id}/finalize': async (setup) =>
    await setup.stripe.invoices.finalizeInvoice(await draftId(setup)),
  'GET /v1/invoices/{id}/lines': async (setup) =>
    await setup.stripe.invoices.listLineItems((await bought(setup)).invoice),
  'POST /v1/invoices/{invoiceId}/lines/{id}': async (setup) => {
    const { invoice, line } = await draftLine(setup)
    return await setup.stripe.invoices.updateLineItem(invoice, line, { description: 'Servers' })
  },
  'POST /v1/invoices/{id}/mark_uncollectible': async (setup) =>
    await setup.stripe.invoices.markUncollectible(await openInvoice(setup)),
  'POST /v1/invoices/{id}/pay': async (setup) => {
    const method = await attached(setup)
    const invoice = await openInvoice(setup, String(method.customer))
    return await setup.stripe.invoices.pay(invoice, { payment_method: method.id })
  },
  'POST /v1/invoices/{id}/remove_lines': async (setup) => {
    const { invoice, line } = await draftLine(setup)
    return await setup.stripe.invoices.removeLines(invoice, {
      lines: [{ id: line, behavior: 'delete' }],
    })
  },
  'POST /v1/invoices/{id}/send': async (setup) =>
    await setup.stripe.invoices.sendInvoice(await openInvoice(setup)),
  'POST /v1/invoices/{id}/update_lines': async (setup) => {
    const { invoice, line } = await draftLine(setup)
    return await setup.stripe.invoices.updateLines(invoice, {
      lines: [{ id: line, description: 'Servers' }],
    })
  },
  'POST /v1/invoices/{id}/void': async (setup) =>
    await setup.stripe.invoices.voidInvoice(await openInvoice(setup)),

  'GET /v1/payment_intents': async (setup) => {
    await intent(setup)
    return await setup.stripe.paymentIntents.list()
  },
  'POST /v1/payment_intents': intent,
  'GET /v1/payment_intents/search': async (setup) => {
    await intent(setup)
    return await setup.stripe.paymentIntents.search({ query: 'currency:"eur"' })
  },
  'GET /v1/payment_intents/{id}': async (setup) =>
    await setup.stripe.paymentIntents.retrieve((await intent(setup)).id),
  'POST /v1/payment_intents/{id}': async (setup) =>
    await setup.stripe.paymentIntents.update((await intent(setup)).id, { description: 'X' }),
  'POST /v1/payment_intents/{id}/cancel': async (setup) =>
    await setup.stripe.paymentIntents.cancel((await intent(setup)).id),
  'POST /v1/payment_intents/{id}/capture': async (setup) =>
    await setup.stripe.paymentIntents.capture((await setAside(setup)).id),
  'POST /v1/payment_intents/{id}/confirm': async (setup) =>
    await setup.stripe.paymentIntents.confirm((await intent(setup)).id, {
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.test/return',
    }),

  'GET /v1/payment_methods': async (setup) =>
    await setup.stripe.paymentMethods.list({ customer: String((await attached(setup)).customer) }),
  'POST /v1/payment_methods': method,
  'GET /v1/payment_methods/{id}': async (setup) =>
    await setup.stripe.paymentMethods.retrieve((await attached(setup)).id),
  'POST /v1/payment_methods/{id}': async (setup) =>
    await setup.stripe.paymentMethods
      .update((await attached(setup)).id, { metadata: { a: 'b' } }),
  'POST /v1/payment_methods/{id}/attach': attached,
  'POST /v1/payment_methods/{id}/detach': async (setup) =>
    await setup.stripe.paymentMethods.detach((await attached(setup)).id),

  'GET /v1/prices': async (setup) => {
    await catalogue(setup)
    return await setup.stripe.prices.list()
  },
  'POST /v1/prices': catalogue,
  'GET /v1/prices/search': async (setup) => {
    await catalogue(setup)
    return await setup.stripe.prices.search({ query: 'currency:"eur"' })
  },
  'GET /v1/prices/{id}': async (setup) =>
    await setup.stripe.prices.retrieve((await catalogue(setup)).id),
  'POST /v1/prices/{id}': async (setup) =>
    await setup.stripe.prices.update((await catalogue(setup)).id, { nickname: 'Big' }),

  'GET /v1/products': async (setup) => {
    await product(setup)
    return await setup.stripe.products.list()
  },
  'POST /v1/products': product,
  'GET /v1/products/search': async (setup) => {
    await product(setup)
    return await setup.stripe.products.search({ query: 'name:"Paper"' })
  },
  'GET /v1/products/{id}': async (setup) =>
    await setup.stripe.products.retrieve((await product(setup)).id),
  'POST /v1/products/{id}': async (setup) =>
    await setup.stripe.products.update((await product(setup)).id, { name: 'Velocity' }),
  'DELETE /v1/products/{id}': async (setup) =>
    await setup.stripe.products.del((await product(setup)).id),

  'GET /v1/promotion_codes': async (setup) => {
    await promotionCode(setup)
    return await setup.stripe.promotionCodes.list()
  },
  'POST /v1/promotion_codes': promotionCode,
  'GET /v1/promotion_codes/{id}': async (setup) =>
    await setup.stripe.promotionCodes.retrieve((await promotionCode(setup)).id),
  'POST /v1/promotion_codes/{id}': async (setup) =>
    await setup.stripe.promotionCodes.update((await promotionCode(setup)).id, { active: false }),

  'GET /v1/refunds': async (setup) => {
    await refund(setup)
    return await setup.stripe.refunds.list()
  },
  'POST /v1/refunds': refund,
  'GET /v1/refunds/{id}': async (setup) =>
    await setup.stripe.refunds.retrieve((await refund(setup)).id),
  'POST /v1/refunds/{id}': async (setup) =>
    await setup.stripe.refunds.update((await refund(setup)).id, { metadata: { a: 'b' } }),

  'GET /v1/subscription_items': async (setup) =>
    await setup.stripe.subscriptionItems.list({ subscription: (await bought(setup)).subscription }),
  'POST /v1/subscription_items': secondItem,
  'GET /v1/subscription_items/{id}': async (setup) =>
    await setup.stripe.subscriptionItems.retrieve((await bought(setup)).item),
  'POST /v1/subscription_items/{id}': async (setup) =>
    await setup.stripe.subscriptionItems.update((await bought(setup)).item, { quantity: 3 }),
  'DELETE /v1/subscription_items/{id}': async (setup) =>
    await setup.stripe.subscriptionItems.del((await secondItem(setup)).id),

  'GET /v1/subscriptions': async (setup) => {
    await bought(setup)
    return await setup.stripe.subscriptions.list()
  },
  'POST /v1/subscriptions': subscription,
  'GET /v1/subscriptions/search': async (setup) => {
    await bought(setup)
    return await setup.stripe.subscriptions.search({ query: 'status:"active"' })
  },
  'GET /v1/subscriptions/{id}': async (setup) =>
    await setup.stripe.subscriptions.retrieve((await bought(setup)).subscription),
  'POST /v1/subscriptions/{id}': async (setup) =>
    await setup.stripe.subscriptions
      .update((await bought(setup)).subscription, { cancel_at_period_end: true }),
  'DELETE /v1/subscriptions/{id}': async (setup) =>
    await setup.stripe.subscriptions.cancel((await bought(setup)).subscription),
  'DELETE /v1/subscriptions/{id}/discount': async (setup) => {
    const { id: off } = await coupon(setup)
    const { id } = await subscription(setup, { discounts: [{ coupon: off }] })
    return await setup.stripe.subscriptions.deleteDiscount(id)
  },
  'POST /v1/subscriptions/{id}/migrate': async (setup) => {
    const { id } = await subscription(setup, { billing_mode: { type: 'classic' } })
    return await setup.stripe.subscriptions.migrate(id, { billing_mode: { type: 'flexible' } })
  },
  'POST /v1/subscriptions/{id}/pause': async (setup) =>
    await setup.stripe.subscriptions
      .pause((await bought(setup)).subscription, { type: 'subscription' }),
  'POST /v1/subscriptions/{id}/resume': async (setup) => {
    const { subscription: id } = await bought(setup)
    await setup.stripe.subscriptions.pause(id, { type: 'subscription' })
    return await setup.stripe.subscriptions.resume(id)
  },

  'GET /v1/test_helpers/test_clocks': async (setup) => {
    await testClock(setup)
    return await setup.stripe.testHelpers.testClocks.list()
  },
  'POST /v1/test_helpers/test_clocks': testClock,
  'GET /v1/test_helpers/test_clocks/{id}': async (setup) =>
    await setup.stripe.testHelpers.testClocks.retrieve((await testClock(setup)).id),
  'DELETE /v1/test_helpers/test_clocks/{id}': async (setup) =>
    await setup.stripe.testHelpers.testClocks.del((await testClock(setup)).id),
  'POST /v1/test_helpers/test_clocks/{id}/advance': async (setup) => {
    const { id, frozen_time: now } = await testClock(setup)
    return await setup.stripe.testHelpers.testClocks.advance(id, { frozen_time: now + 60 })
  },

  'GET /v1/webhook_endpoints': async (setup) => {
    await endpoint(setup)
    return await setup.stripe.webhookEndpoints.list()
  },
  'POST /v1/webhook_endpoints': endpoint,
  'GET /v1/webhook_endpoints/{id}': async (setup) =>
    await setup.stripe.webhookEndpoints.retrieve((await endpoint(setup)).id),
  'POST /v1/webhook_endpoints/{id}': async (setup) =>
    await setup.stripe.webhookEndpoints.update((await endpoint(setup)).id, { disabled: true }),
  'DELETE /v1/webhook_endpoints/{id}': async (setup) =>
    await setup.stripe.webhookEndpoints.del((await endpoint(setup)).id),
}

function configuration({ stripe }: Setup) {
  return stripe.billingPortal.configurations.create({
    features: { invoice_history: { enabled: true } },
  })
}

/** A customer with a discount of its own, which no request of this API version gives. */
function discounted() {
  const source = { type: 'coupon' as const, coupon: 'HALF' }
  const discount = discountObject({ id: 'di_1', customer: 'cus_1', start: 1, source })
  const made = { created: 1, metadata: {} }
  return {
    version: openStore(undefined, () => {}).version,
    coupons: [couponObject({ id: 'HALF', percent_off: 50, duration: 'forever', ...made })],
    customers: [customerObject({ id: 'cus_1', email: null, discount, ...made })],
    discounts: [discount],
  }
}

function customer({ stripe }: Setup) {
  return stripe.customers.create({ name: 'Ada', email: 'ada@example.com' })
}

/** A subscription that was bought in the checkout, and the ids of what came of it. */
async function bought(
  setup: Setup,
  pay?: Parameters<Setup['emulator']['pay']>[1],
): Promise<Record<'customer' | 'subscription' | 'invoice' | 'item', string>> {
  const { id } = await openSession(setup)
  await setup.emulator.pay(id, pay)
  const session = await setup.stripe.checkout.sessions.retrieve(id)
  const subscription = String(session.subscription)
  const { items } = await setup.stripe.subscriptions.retrieve(subscription)
  return {
    customer: String(session.customer),
    subscription,
    invoice: String(session.invoice),
    item: items.data[0]?.id ?? '',
  }
}

async function paid(setup: Setup) {
  const { customer } = await bought(setup)
  const { data: [intent] } = await setup.stripe.paymentIntents.list({ customer })
  return { intent: intent?.id ?? '', charge: String(intent?.latest_charge) }
}

async function subscription(
  setup: Setup,
  changes: Partial<Stripe.SubscriptionCreateParams> = {},
) {
  const method = await attached(setup)
  const price = await catalogue(setup)
  return await setup.stripe.subscriptions.create({
    customer: String(method.customer),
    items: [{ price: price.id }],
    default_payment_method: method.id,
    ...changes,
  })
}

async function secondItem(setup: Setup) {
  const { subscription } = await bought(setup)
  const price = await catalogue(setup)
  return await setup.stripe.subscriptionItems.create({ subscription, price: price.id })
}

function intent({ stripe }: Setup) {
  return stripe.paymentIntents.create({ amount: 1500, currency: 'eur' })
}

/** Money that a card has set aside, and nobody took yet. */
function setAside({ stripe }: Setup) {
  return stripe.paymentIntents.create({
    amount: 1500,
    currency: 'eur',
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
    confirm: true,
    return_url: 'https://shop.test/return',
  })
}

function method({ stripe }: Setup) {
  return stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } })
}

async function attached(setup: Setup) {
  const { id } = await customer(setup)
  return await setup.stripe.paymentMethods.attach('pm_card_visa', { customer: id })
}

/** Some seconds after it was charged, this card's owner disputes it. */
async function dispute({ stripe, clock }: Setup) {
  await stripe.paymentIntents.create({
    amount: 1500,
    currency: 'eur',
    payment_method: 'pm_card_createDispute',
    confirm: true,
    return_url: 'https://shop.test/return',
  })
  clock.advance(60_000)
  const { data: [dispute] } = await stripe.disputes.list()
  return { id: dispute?.id ?? '' }
}

async function refund(setup: Setup) {
  const { charge } = await paid(setup)
  return await setup.stripe.refunds.create({ charge, amount: 100 })
}

function coupon({ stripe }: Setup) {
  return stripe.coupons.create({ percent_off: 10, duration: 'forever' })
}

async function promotionCode(setup: Setup) {
  const { id } = await coupon(setup)
  return await setup.stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: id } })
}

async function creditNote(setup: Setup) {
  const { invoice } = await bought(setup)
  return await setup.stripe.creditNotes.create({ invoice, amount: 100, credit_amount: 100 })
}

async function credit(setup: Setup) {
  const owner = await customer(setup)
  const { id } = await setup.stripe.customers.createBalanceTransaction(owner.id, {
    amount: -100,
    currency: 'eur',
  })
  return { customer: owner.id, id }
}

async function taxId(setup: Setup) {
  const owner = await customer(setup)
  const { id } = await setup.stripe.customers.createTaxId(owner.id, {
    type: 'eu_vat',
    value: 'DE123456789',
  })
  return { customer: owner.id, id }
}

async function invoiceItem(setup: Setup, owner?: string) {
  return await setup.stripe.invoiceItems.create({
    customer: owner ?? (await customer(setup)).id,
    amount: 300,
    currency: 'eur',
  })
}

async function draft(setup: Setup, owner?: string) {
  const item = await invoiceItem(setup, owner)
  return await setup.stripe.invoices.create({
    customer: String(item.customer),
    currency: item.currency,
    collection_method: 'send_invoice',
    days_until_due: 30,
    pending_invoice_items_behavior: 'include',
  })
}

async function draftId(setup: Setup, owner?: string): Promise<string> {
  return (await draft(setup, owner)).id ?? ''
}

async function draftLine(setup: Setup) {
  const { id = '', lines } = await draft(setup)
  return { invoice: id, line: lines.data[0]?.id ?? '' }
}

async function openInvoice(setup: Setup, owner?: string): Promise<string> {
  return (await setup.stripe.invoices.finalizeInvoice(await draftId(setup, owner))).id ?? ''
}

function product({ stripe }: Setup) {
  return stripe.products.create({ name: 'Paper' })
}

function testClock({ stripe }: Setup) {
  return stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 })
}

function endpoint({ stripe, hook }: Setup) {
  return stripe.webhookEndpoints.create({ url: hook, enabled_events: ['customer.created'] })
}
