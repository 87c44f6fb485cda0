import { ParameterFailure, refused } from '../errors.ts'
import { refundObject } from '../objects/payment.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { Charge, Refund } from '../wire.ts'
import { behaviourOf, isDelayedType } from './test_methods.ts'

/**
 * Gives back what a charge took, or a part of it in minor units. To a card it is done at once; to a
 * bank account, and to one test card, it is `pending` at first.
 */
export function refundCharge(
  sandbox: Sandbox,
  charge: Charge,
  { amount: asked, reason = null, metadata = {} }: {
    amount?: number | undefined
    reason?: Refund['reason']
    metadata?: Record<string, string>
  },
): Refund {
  const { store, newId, now } = sandbox
  const left = charge.amount - charge.amount_refunded
  const amount = asked ?? left
  checkRefund(sandbox, charge, amount, left)
  const pending = isPending(sandbox, charge)
  const bank = isDelayedType(charge.payment_method_details?.type ?? '')
  const refund = store.refunds.insert(refundObject({
    id: newId(bank ? 'bank_refund' : 'refund'),
    created: now(),
    amount,
    reason,
    metadata,
    balance_transaction: newId('balance_transaction'),
    ...(pending && { pending_reason: 'processing', status: 'pending' }),
  }, charge))
  const refunded = store.charges.update(charge.id, {
    amount_refunded: charge.amount_refunded + amount,
    refunded: amount === left,
  })
  emit(sandbox, 'refund.created', refund)
  emit(sandbox, 'charge.refunded', refunded, charge)
  emit(sandbox, 'refund.updated', refund)
  return refund
}

/** The charge that a request names, or that paid the intent which it names. */
export function chargeToRefund(
  { store }: Sandbox,
  { charge, payment_intent: intent }: {
    charge?: string | undefined
    payment_intent?: string | undefined
  },
): Charge {
  if (charge !== undefined && intent !== undefined) {
    throw new ParameterFailure(
      'You may only specify one of these parameters: charge, payment_intent.',
    )
  }
  if (charge !== undefined) return store.charges.get(charge, 'charge')
  if (intent === undefined) {
    throw new ParameterFailure(
      'One of the following params should be provided for this request: ' +
        'payment_intent or charge.',
    )
  }
  const { latest_charge: latest, status } = store.paymentIntents.get(intent, 'payment_intent')
  if (latest && status === 'succeeded') return store.charges.get(latest)
  throw refused('This PaymentIntent does not have a successful charge to refund.', {
    param: 'payment_intent',
  })
}

/** Does what is due by the clock with refunds: pending ones succeed, and some fail after all. */
export function moveRefunds(sandbox: Sandbox) {
  const { store, now } = sandbox
  for (const refund of store.refunds.toJSON()) {
    if (refund.created + REFUND_SECONDS > now()) continue
    if (refund.status === 'pending') succeed(sandbox, refund)
    if (refund.status === 'succeeded' && fails(sandbox, refund)) fail(sandbox, refund)
  }
}

/** How long a refund of the test cards, or to an account, takes to come to its end. */
const REFUND_SECONDS = 5

function checkRefund(sandbox: Sandbox, charge: Charge, amount: number, left: number) {
  const { id } = charge
  if (!charge.paid || !charge.captured) {
    throw refused(`Charge ${id} has not been paid and cannot be refunded.`)
  }
  const chargedBack = amountChargedBack(sandbox, charge)
  if (chargedBack > 0 && amount > left - chargedBack) {
    throw refused(`Charge ${id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    })
  }
  if (left === 0) {
    throw refused(`Charge ${id} has already been refunded.`, { code: 'charge_already_refunded' })
  }
  if (amount < 1) {
    throw refused('Invalid positive integer', {
      code: 'parameter_invalid_integer',
      param: 'amount',
    })
  }
  if (amount > left) {
    throw refused(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
      { param: 'amount' },
    )
  }
}

/** What the bank has taken, or keeps until it decides; the rest can be refunded. */
function amountChargedBack({ store }: Sandbox, { id }: Charge): number {
  return store.disputes.toJSON()
    .filter((dispute) =>
      dispute.charge === id && !dispute.is_charge_refundable && dispute.status !== 'won'
    )
    .reduce((sum, { amount }) => sum + amount, 0)
}

function isPending({ store }: Sandbox, charge: Charge): boolean {
  const method = store.paymentMethods.get(charge.payment_method ?? '')
  return isDelayedType(method.type) || behaviourOf(method).refunds === 'pending'
}

function fails({ store }: Sandbox, refund: Refund): boolean {
  const method = store.paymentMethods.get(refund.payment_method ?? '')
  return behaviourOf(method).refunds === 'failing'
}

function succeed(sandbox: Sandbox, { pending_reason: _, ...former }: Refund) {
  const refund = sandbox.store.refunds.insert({ ...former, status: 'succeeded' })
  emit(sandbox, 'refund.updated', refund, former)
  emit(sandbox, 'charge.refund.updated', refund, former)
}

/** The money comes back to the account, and the charge counts it as not refunded. */
function fail(sandbox: Sandbox, former: Refund) {
  const { store, newId } = sandbox
  const refund = store.refunds.update(former.id, {
    failure_balance_transaction: newId('balance_transaction'),
    failure_reason: 'expired_or_canceled_card',
    status: 'failed',
  })
  const charge = store.charges.get(refund.charge ?? '')
  store.charges.update(charge.id, {
    amount_refunded: charge.amount_refunded - refund.amount,
    refunded: false,
  })
  emit(sandbox, 'refund.failed', refund)
  emit(sandbox, 'refund.updated', refund, former)
  emit(sandbox, 'charge.refund.updated', refund, former)
}
