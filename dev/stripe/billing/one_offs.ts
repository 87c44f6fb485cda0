import type Stripe from 'stripe'
import { mergeMetadata } from '../metadata.ts'
import { pricingOf } from '../objects/invoice.ts'
import { subscriptionParent } from '../objects/invoice_item.ts'
import type { Given } from '../openapi/operation.ts'
import type { Sandbox } from '../sandbox.ts'
import type { InvoiceItem, Subscription } from '../wire.ts'
import { addInvoiceItem } from './invoice_items.ts'
import { priceOf } from './items.ts'
import { fullAmount, productName } from './lines.ts'

/** Adds what is billed once, on the next invoice of the subscription. */
export function addOneOffs(
  sandbox: Sandbox,
  { id, customer }: Pick<Subscription, 'id' | 'customer'>,
  asked: NonNullable<Given<Stripe.SubscriptionCreateParams>['add_invoice_items']>,
): InvoiceItem[] {
  return asked.map((item, index) => {
    const price = priceOf(sandbox, item, { param: `add_invoice_items[${index}]`, type: 'one_time' })
    const { quantity = 1, metadata } = item
    return addInvoiceItem(sandbox, {
      customer,
      amount: fullAmount({ price, quantity }),
      currency: price.currency,
      description: productName(sandbox.store, price),
      metadata: mergeMetadata({}, metadata),
      parent: subscriptionParent(id),
      pricing: pricingOf(price),
      quantity,
    })
  })
}
