import type Stripe from 'stripe'
import { refused } from '../errors.ts'
import { mergeMetadata } from '../metadata.ts'
import type { LineDraft } from '../objects/invoice.ts'
import { itemList } from '../objects/subscription.ts'
import type { Given } from '../openapi/operation.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Subscription, SubscriptionItem } from '../wire.ts'
import { billAtOnce } from './at_once.ts'
import { inTimeOf } from './clocks.ts'
import { methodOf, nothingToPayWith, payInvoiceNow } from './collect.ts'
import { detachDiscounts } from './discounts.ts'
import { creditItem, debitItem } from './invoice_items.ts'
import { finalizeInvoice } from './invoices.ts'
import { type ChangedItem, changedItems, isTouched } from './item_changes.ts'
import { checkItems, intervalOf } from './items.ts'
import { fullAmount, lineOfSubscriptionItem } from './lines.ts'
import { dropPendingUpdate, pendingUpdate } from './pending_updates.ts'
import { addOneOffs } from './one_offs.ts'
import { periodAt, recurrenceOf } from './period.ts'
import { failureIn } from './rehearsal.ts'
import { cannotBill, endUnpaidTrial } from './renew.ts'
import { changeStatus } from './standing.ts'
import { discountsOfSubscription } from './subscription_discounts.ts'
import { isEnded } from './subscriptions.ts'
import {
  cancellationOf,
  checkCollection,
  checkedTrialEnd,
  NO_DETAILS,
  TERMS,
  termsOf,
} from './terms.ts'

/** The parameters of a change that the emulator follows. */
export const UPDATE = [
  ...TERMS,
  'add_invoice_items',
  'billing_cycle_anchor',
  'cancellation_details',
  'discounts',
  'items',
  'metadata',
  'pause_collection',
  'payment_behavior',
  'proration_behavior',
  'proration_date',
  'trial_end',
] as const

type AskedUpdate = Given<Pick<Stripe.SubscriptionUpdateParams, typeof UPDATE[number]>>

/**
 * Changes a subscription. What the change costs or gives back waits for the next invoice, unless it
 * is asked for at once or moves the period. How it goes on when that is not paid says
 * `payment_behavior`; with `error_if_incomplete` it throws 402, and nothing has changed.
 */
export function updateSubscription(sandbox: Sandbox, id: string, asked: AskedUpdate): Subscription {
  const former = sandbox.store.subscriptions.get(id)
  const billed = inTimeOf(sandbox, former.customer)
  checkUpdatable(former, asked)
  const { payment_behavior: behavior } = asked
  if (behavior === 'pending_if_incomplete') checkCompanions(former, asked)
  const failure = failureIn(billed, former.latest_invoice, (trial) => change(trial, id, asked))
  if (failure && behavior === 'error_if_incomplete') throw failure
  const postponed = failure !== undefined && behavior === 'pending_if_incomplete'
  return change(billed, id, asked, { postponed })
}

/** What a change does to a subscription, before anything of it is done. */
interface Plan {
  after: Subscription
  /** as they were: what was billed for the rest of their periods is given back */
  credited: SubscriptionItem[]
  /** as they are: the rest of their periods is billed */
  debited: SubscriptionItem[]
  /** whose periods begin anew, which is billed at once */
  renewed: SubscriptionItem[]
  /** to which second prorations are counted */
  at: number
}

function change(
  sandbox: Sandbox,
  id: string,
  asked: AskedUpdate,
  { postponed = false }: { postponed?: boolean } = {},
): Subscription {
  const { store } = sandbox
  if (store.subscriptions.get(id).pending_update && replacesPending(asked)) {
    dropPendingUpdate(sandbox, id, { expired: false })
  }
  const former = store.subscriptions.get(id)
  const plan = planOf(sandbox, former, asked)
  const waiting = [
    ...prorate(sandbox, plan, asked.proration_behavior),
    ...addOneOffs(sandbox, former, asked.add_invoice_items ?? []),
  ]
  const { after, renewed } = plan
  if (former.status === 'trialing' && after.status !== 'trialing') {
    emit(sandbox, 'customer.subscription.trial_will_end', former)
  }
  if (former.status === 'trialing' && after.status === 'active' && cannotBill(sandbox, after)) {
    store.subscriptions.insert({ ...after, status: former.status })
    endUnpaidTrial(sandbox, id)
    return store.subscriptions.get(id)
  }
  const atOnce = asked.proration_behavior === 'always_invoice' && waiting.length > 0
  if (renewed.length === 0 && !atOnce) {
    const updated = store.subscriptions.insert(after)
    emit(sandbox, 'customer.subscription.updated', updated, former)
    return updated
  }
  const invoice = billAtOnce(sandbox, former, {
    after,
    lines: linesOf(sandbox, after, renewed),
    ...(postponed && {
      kept: { ...former, pending_update: pendingUpdate(sandbox, former, after) },
    }),
  })
  collect(sandbox, invoice.id, asked)
  return store.subscriptions.get(id)
}

/** A change of what is billed takes the place of one that still waits for its payment. */
function replacesPending({ billing_cycle_anchor, items, trial_end }: AskedUpdate): boolean {
  return [billing_cycle_anchor, items, trial_end].some((asked) => asked !== undefined)
}

function collect(
  sandbox: Sandbox,
  id: string,
  { payment_behavior: behavior, off_session: offSession = false }: AskedUpdate,
) {
  const invoice = sandbox.store.invoices.get(id)
  const open = finalizeInvoice(sandbox, id)
  if (open.status !== 'open' || invoice.collection_method === 'send_invoice') return
  if (behavior !== 'default_incomplete') {
    if (!methodOf(sandbox, open)) throw nothingToPayWith()
    payInvoiceNow(sandbox, id, { offSession })
    return
  }
  changeStatus(sandbox, invoice.parent?.subscription_details?.subscription ?? '', 'past_due')
}

function planOf(sandbox: Sandbox, former: Subscription, asked: AskedUpdate): Plan {
  const { now } = sandbox
  const changed = changedItems(sandbox, former, asked.items ?? [])
  const kept = changed.flatMap(({ is }) => is ?? [])
  checkItems(kept, former.billing_mode.type === 'flexible')
  const at = prorationDate(sandbox, former, asked)
  const moved = movesPeriod(former, changed, asked)
  const trial = trialOf(sandbox, former, asked)
  const items = moved ? kept.map((item) => renewedItem(sandbox, item, trial.trial_end)) : kept
  const after = {
    ...former,
    ...trial,
    ...(moved && { billing_cycle_anchor: trial.trial_end ?? now() }),
    ...fieldsOf(sandbox, former, asked),
    items: itemList(former.id, items),
  }
  checkCollection(after)
  const free = former.status === 'trialing' || former.status === 'paused'
  const touched = changed.filter((item) => moved || isTouched(item))
  return {
    after,
    credited: free ? [] : touched.flatMap(({ was }) => was ?? []),
    debited: free || moved ? [] : touched.flatMap(({ is }) => is ?? []),
    renewed: moved && !(free && after.status === 'trialing') ? items : [],
    at,
  }
}

/**
 * A period begins anew when asked to, when an interval changes, when a trial begins or ends, and
 * when what was free costs something.
 */
function movesPeriod(former: Subscription, changed: ChangedItem[], asked: AskedUpdate): boolean {
  if (asked.billing_cycle_anchor?.type === 'now' || asked.trial_end !== undefined) return true
  if (former.status === 'trialing') return false
  const interval = changed.some(({ was, is }) =>
    was && is && intervalOf(was.price) !== intervalOf(is.price)
  )
  const costs = (items: SubscriptionItem[]) => items.some(({ price }) => price.unit_amount !== 0)
  return interval ||
    (!costs(former.items.data) && costs(changed.flatMap(({ is }) => is ?? [])))
}

function trialOf(
  { now }: Sandbox,
  former: Subscription,
  { trial_end: end, billing_cycle_anchor: anchor }: AskedUpdate,
): Pick<Subscription, 'status' | 'trial_end' | 'trial_start'> {
  const { status, trial_end, trial_start } = former
  if (status === 'trialing' && (end === 'now' || (end === undefined && anchor?.type === 'now'))) {
    return { status: 'active', trial_end: now(), trial_start }
  }
  if (end === undefined || end === 'now') return { status, trial_end, trial_start }
  return {
    status: 'trialing',
    trial_end: checkedTrialEnd(end, now()),
    trial_start: status === 'trialing' ? trial_start : now(),
  }
}

function renewedItem(
  { now }: Sandbox,
  item: SubscriptionItem,
  trialEnd: number | null,
): SubscriptionItem {
  const { end } = periodAt(now(), now(), recurrenceOf(item.price))
  return {
    ...item,
    current_period_start: now(),
    current_period_end: trialEnd !== null && trialEnd > now() ? trialEnd : end,
  }
}

function fieldsOf(
  sandbox: Sandbox,
  former: Subscription,
  asked: AskedUpdate,
): Partial<Subscription> {
  const { cancellation_details: details, metadata, pause_collection: pause } = asked
  const cancellation = cancellationOf(sandbox, former, asked)
  return {
    ...termsOf(sandbox, former.customer, asked),
    ...cancellation,
    ...(details && {
      cancellation_details: {
        ...NO_DETAILS,
        ...(cancellation.cancellation_details ?? former.cancellation_details),
        ...details,
      },
    }),
    ...(metadata !== undefined && { metadata: mergeMetadata(former.metadata, metadata) }),
    ...(pause !== undefined && {
      pause_collection: pause && { resumes_at: null, ...pause },
    }),
    ...(asked.discounts !== undefined && {
      discounts: changedDiscounts(sandbox, former, asked.discounts ?? []),
    }),
  }
}

function changedDiscounts(
  sandbox: Sandbox,
  former: Subscription,
  asked: NonNullable<AskedUpdate['discounts']>,
): string[] {
  const attached = discountsOfSubscription(sandbox, former, asked)
  detachDiscounts(sandbox, former.discounts.filter((known) => !attached.includes(known)))
  return attached
}

function prorate(
  sandbox: Sandbox,
  { after, credited, debited, at }: Plan,
  behavior: AskedUpdate['proration_behavior'],
) {
  if (behavior === 'none') return []
  const { billing_cycle_anchor: anchor } = after
  const credits = credited.flatMap((item) => creditItem(sandbox, after, item, at) ?? [])
  const debits = debited.map((item) =>
    debitItem(sandbox, after, item, { at, whole: periodAt(at, anchor, recurrenceOf(item.price)) })
  )
  return [...credits, ...debits]
}

function linesOf(
  { store }: Sandbox,
  { status }: Subscription,
  renewed: SubscriptionItem[],
): LineDraft[] {
  const trial = status === 'trialing'
  return renewed.map((item) =>
    lineOfSubscriptionItem(store, item, {
      amount: trial ? 0 : fullAmount(item),
      period: { start: item.current_period_start, end: item.current_period_end },
      trial,
    })
  )
}

function prorationDate({ now }: Sandbox, former: Subscription, asked: AskedUpdate): number {
  const { proration_date: date } = asked
  if (date === undefined) return now()
  const items = former.items.data
  const start = Math.min(...items.map((item) => item.current_period_start))
  const end = Math.max(...items.map((item) => item.current_period_end))
  if (date >= start && date <= end) return date
  throw refused('`proration_date` must be within the current period of the subscription.', {
    param: 'proration_date',
  })
}

/** What can still be changed once a subscription has ended. */
const AFTER_THE_END: ReadonlySet<string> = new Set(['cancellation_details', 'expand', 'metadata'])

/** What cannot be changed as long as the first invoice is not paid. */
const BEFORE_THE_BEGINNING = ['items', 'billing_cycle_anchor', 'trial_end'] as const

function checkUpdatable(subscription: Subscription, asked: AskedUpdate) {
  const names = Object.keys(asked)
  if (isEnded(subscription) && names.some((name) => !AFTER_THE_END.has(name))) {
    throw refused(
      'A canceled subscription can only update its cancellation_details and metadata.',
    )
  }
  const early = BEFORE_THE_BEGINNING.find((name) => asked[name] !== undefined)
  if (subscription.status !== 'incomplete' || early === undefined) return
  throw refused(
    `This subscription cannot change its ${early} before its first invoice is paid.`,
    { param: early },
  )
}

/** What can be asked for together with a change that waits for its payment. */
const COMPANIONS: ReadonlySet<string> = new Set([
  'add_invoice_items',
  'billing_cycle_anchor',
  'expand',
  'items',
  'metadata',
  'off_session',
  'payment_behavior',
  'proration_behavior',
  'proration_date',
  'trial_end',
])

function checkCompanions({ collection_method: method }: Subscription, asked: AskedUpdate) {
  if (method !== 'charge_automatically') {
    throw refused(
      'payment_behavior can only be `pending_if_incomplete` when the collection method is ' +
        '`charge_automatically`.',
      { param: 'payment_behavior' },
    )
  }
  const other = Object.keys(asked).find((name) => !COMPANIONS.has(name))
  if (other === undefined) return
  throw refused(
    `You cannot pass \`${other}\` when \`payment_behavior\` is set to ` +
      '`pending_if_incomplete`.',
    { param: other },
  )
}
