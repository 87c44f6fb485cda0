import { refused } from '../errors.ts'
import { disputeBooking, disputeObject } from '../objects/dispute.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { DAY } from '../time.ts'
import type { Charge, Dispute } from '../wire.ts'
import { type Behaviour, behaviourOf } from './test_methods.ts'

export type DisputeOptions = NonNullable<Behaviour['dispute']>

/** Opens a dispute over a charge. Unless it is an inquiry it takes the money back at once. */
export function openDispute(
  sandbox: Sandbox,
  charge: Charge,
  { reason, inquiry = false, amount = charge.amount }: DisputeOptions,
): Dispute {
  const { store, newId, now } = sandbox
  if (!charge.paid || charge.disputed) {
    throw refused(`Charge ${charge.id} cannot be disputed: it is not paid, or disputed already.`)
  }
  const opened = disputeObject(
    {
      id: newId('dispute'),
      amount,
      created: now(),
      reason,
      status: inquiry ? 'warning_needs_response' : 'needs_response',
    },
    charge,
    now() + RESPONSE_SECONDS,
  )
  const dispute = store.disputes.insert(inquiry ? opened : withBooking(sandbox, opened, -1))
  store.charges.update(charge.id, { disputed: true })
  emit(sandbox, 'charge.dispute.created', dispute)
  if (!inquiry) emit(sandbox, 'charge.dispute.funds_withdrawn', dispute)
  return dispute
}

/** Adds to the evidence, and unless it is only kept sends it to the bank. */
export function changeDispute(
  sandbox: Sandbox,
  former: Dispute,
  { evidence, metadata, submit }: {
    evidence: Partial<Dispute['evidence']>
    metadata: Dispute['metadata']
    submit: boolean
  },
): Dispute {
  if (Object.keys(evidence).length > 0) checkAnswerable(former)
  const all = { ...former.evidence, ...evidence }
  const answered = submit && Object.keys(evidence).length > 0
  const dispute = sandbox.store.disputes.update(former.id, {
    evidence: all,
    evidence_details: {
      ...former.evidence_details,
      has_evidence: Object.entries(all).some(([name, value]) =>
        name !== 'enhanced_evidence' && value !== null
      ),
      ...(answered && {
        submission_count: former.evidence_details.submission_count + 1,
        submission_method: 'manual',
      }),
    },
    metadata,
    ...(answered && {
      status: isInquiry(former) ? 'warning_under_review' : 'under_review',
    }),
  })
  emit(sandbox, 'charge.dispute.updated', dispute, former)
  return dispute
}

/** Ends a dispute: what was taken comes back when it is won. */
export function closeDispute(sandbox: Sandbox, id: string, outcome: 'won' | 'lost'): Dispute {
  const { store } = sandbox
  const former = store.disputes.get(id)
  if (isClosed(former)) throw refused('This dispute is already closed.')
  if (isInquiry(former)) {
    const closed = store.disputes.update(id, { status: 'warning_closed' })
    emit(sandbox, 'charge.dispute.closed', closed)
    return closed
  }
  const status = { ...former, status: outcome }
  const closed = store.disputes.insert(
    outcome === 'won' ? withBooking(sandbox, status, 1) : status,
  )
  emit(sandbox, 'charge.dispute.closed', closed)
  if (outcome === 'won') emit(sandbox, 'charge.dispute.funds_reinstated', closed)
  return closed
}

/** Opens the dispute that the card of a charge calls for. */
export function disputeCharge(sandbox: Sandbox, charge: Charge) {
  const method = sandbox.store.paymentMethods.get(charge.payment_method ?? '')
  const { dispute } = behaviourOf(method)
  if (dispute) openDispute(sandbox, charge, dispute)
}

/** Ends the disputes that the clock or the evidence decides. */
export function moveDisputes(sandbox: Sandbox) {
  for (const dispute of sandbox.store.disputes.toJSON()) {
    const outcome = isClosed(dispute) ? undefined : outcomeOf(sandbox, dispute)
    if (outcome) closeDispute(sandbox, dispute.id, outcome)
  }
}

/** How long the bank takes to decide over evidence. */
const DECISION_SECONDS = 5
/** So long an account has to answer. */
const RESPONSE_SECONDS = 9 * DAY

/** The evidence by which a test says what the bank decides. */
const DECISIONS: Record<string, 'won' | 'lost'> = {
  winning_evidence: 'won',
  losing_evidence: 'lost',
}

/** How a dispute ends now by itself: as its evidence says, or lost where nobody answered in time. */
function outcomeOf(sandbox: Sandbox, dispute: Dispute): 'won' | 'lost' | undefined {
  const { evidence, evidence_details: details, status } = dispute
  if (!status.endsWith('under_review')) {
    return (details.due_by ?? 0) <= sandbox.now() ? 'lost' : undefined
  }
  const answered = sandbox.store.events.newestFirst().find(({ type, data }) =>
    type === 'charge.dispute.updated' && 'id' in data.object && data.object.id === dispute.id
  )
  if (!answered || answered.created + DECISION_SECONDS > sandbox.now()) return
  return DECISIONS[evidence.uncategorized_text ?? '']
}

function withBooking(sandbox: Sandbox, dispute: Dispute, sign: 1 | -1): Dispute {
  const booking = disputeBooking({
    id: sandbox.newId('balance_transaction'),
    created: sandbox.now(),
    amount: sign * dispute.amount,
  }, dispute)
  return { ...dispute, balance_transactions: [...dispute.balance_transactions, booking] }
}

function checkAnswerable(dispute: Dispute) {
  if (isClosed(dispute)) throw refused('This dispute is already closed.')
  if (!dispute.status.endsWith('under_review')) return
  throw refused('This dispute was answered already: evidence can be submitted once.')
}

function isInquiry({ status }: Dispute): boolean {
  return status.startsWith('warning_')
}

function isClosed({ status }: Dispute): boolean {
  return status === 'won' || status === 'lost' || status === 'warning_closed'
}
