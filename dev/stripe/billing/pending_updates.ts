import { itemList } from '../objects/subscription.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { HOUR } from '../time.ts'
import type { Subscription } from '../wire.ts'
import { voidInvoice } from './invoices.ts'

/** How long a change waits for its payment, in seconds: 23 hours. */
export const PENDING_SECONDS = 23 * HOUR

/** What a subscription would be, while the change waits for the payment of its invoice. */
export function pendingUpdate(
  { now }: Sandbox,
  former: Subscription,
  after: Subscription,
): NonNullable<Subscription['pending_update']> {
  const changed = <Value>(was: Value, is: Value) =>
    JSON.stringify(was) === JSON.stringify(is) ? null : is
  return {
    billing_cycle_anchor: changed(former.billing_cycle_anchor, after.billing_cycle_anchor),
    cancel_at_period_end: null,
    discount: null,
    discounts: null,
    expires_at: now() + PENDING_SECONDS,
    metadata: changed(former.metadata, after.metadata),
    subscription_items: changed(former.items.data, after.items.data),
    trial_end: changed(former.trial_end, after.trial_end),
    trial_from_plan: null,
  }
}

/** Makes a subscription what its pending update says, as that was paid. */
export function applyPendingUpdate(sandbox: Sandbox, id: string) {
  const { store, now } = sandbox
  const former = store.subscriptions.get(id)
  const { pending_update: pending } = former
  if (!pending) return
  const trialing = pending.trial_end !== null && pending.trial_end > now()
  const updated = store.subscriptions.update(id, {
    billing_cycle_anchor: pending.billing_cycle_anchor ?? former.billing_cycle_anchor,
    items: pending.subscription_items ? itemList(id, pending.subscription_items) : former.items,
    metadata: pending.metadata ?? former.metadata,
    pending_update: null,
    ...(pending.trial_end !== null && {
      status: trialing ? 'trialing' : 'active',
      trial_end: pending.trial_end,
      trial_start: former.trial_start ?? now(),
    }),
  })
  emit(sandbox, 'customer.subscription.pending_update_applied', updated)
  emit(sandbox, 'customer.subscription.updated', updated, former)
}

/** Lets go of a change that nobody paid for: the subscription stays, and the invoice is void. */
export function dropPendingUpdate(sandbox: Sandbox, id: string, { expired }: { expired: boolean }) {
  const { store } = sandbox
  const former = store.subscriptions.get(id)
  const invoice = store.invoices.find(former.latest_invoice ?? '')
  const updated = store.subscriptions.update(id, { pending_update: null })
  if (invoice?.status === 'open') voidInvoice(sandbox, invoice.id)
  if (!expired) return
  emit(sandbox, 'customer.subscription.pending_update_expired', updated)
  emit(sandbox, 'customer.subscription.updated', updated, former)
}
