import type { Sandbox } from '../sandbox.ts'
import type { Invoice } from '../wire.ts'
import { rehearsal } from './rehearsal.ts'
import { RENEWING, renewSubscription } from './renew.ts'
import { endByTime } from './subscriptions.ts'

/**
 * The draft that the next renewal or the end of a subscription will make, as things stand; none
 * where it will bill nothing. Nothing of it is kept.
 */
export function nextInvoice(sandbox: Sandbox, id: string): Invoice | undefined {
  const { items, latest_invoice: latest, cancel_at: cancelAt, status } = sandbox.store.subscriptions
    .get(id)
  if (!RENEWING.has(status)) return
  const renewal = Math.min(...items.data.map((item) => item.current_period_end))
  const ends = cancelAt !== null && cancelAt <= renewal
  const trial = { ...rehearsal(sandbox), now: () => ends ? cancelAt : renewal }
  if (ends) endByTime(trial, id)
  else renewSubscription(trial, id)
  const { latest_invoice: next } = trial.store.subscriptions.get(id)
  if (next === null || next === latest) return
  return trial.store.invoices.get(next)
}

/** The same as `invoice.upcoming` tells it, which has no id yet. */
export function upcomingInvoice(sandbox: Sandbox, id: string): Omit<Invoice, 'id'> | undefined {
  const next = nextInvoice(sandbox, id)
  if (!next) return
  const { id: _, ...upcoming } = next
  return {
    ...upcoming,
    billing_reason: 'upcoming',
    next_payment_attempt: next.automatically_finalizes_at,
  }
}
