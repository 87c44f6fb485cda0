import type { OrderBody } from './bodies.ts'
import type { ShownOrder } from './store.ts'

const statusTexts: Record<OrderBody['status'], string> = {
  pending: 'Waiting for your payment.',
  payment_processing: 'Waiting for your bank to confirm the payment.',
  paid: 'Paid. Your server is next.',
  provisioning: 'Paid. Your server is being made.',
  provisioned: 'Delivered: your server is yours.',
  provision_failed: 'Paid. Making your server failed; we try again.',
  needs_review: 'A person looks at your payment.',
  expired: 'The time to pay ran out. Nothing was charged.',
  canceled: 'Canceled before payment. Nothing was charged.',
  refunded: 'Your money was returned.',
}

const atRest = new Set<OrderBody['status']>(['provisioned', 'expired', 'canceled', 'refunded'])

const waitingTexts: Partial<Record<string, string>> = {
  room: 'The region is full at the moment; we try again and again.',
  account: 'Your account at the game panel needs a person’s help; one has been told.',
  panel: 'The game panel does not take orders at the moment; we try again and again.',
  node: 'The node of your server does not answer at the moment; we try it each minute.',
}

const endingTexts: Partial<Record<string, string>> = {
  refunded_at_stripe: 'Your payment was returned, so this order is being ended.',
  dispute_lost: 'Your bank took the payment back, so this order is being ended.',
}

function statusText({ status, ending, onHold, waitingFor, owed }: ShownOrder): string {
  if (ending && status !== 'refunded') {
    return endingTexts[ending] ?? 'This order is being ended; your money goes back.'
  }
  if (ending === 'dispute_lost') return 'Your bank took the payment back.'
  if (status === 'refunded') {
    return owed ? 'This order has ended; not all of your money is back yet.' : statusTexts.refunded
  }
  if (onHold === 'disputed') return 'Your bank looks at your payment. Your server waits for it.'
  return waitingTexts[waitingFor ?? ''] ?? statusTexts[status]
}

/** Whether nothing further happens by itself: what is being ended or held goes on. */
function isAtRest({ status, ending, onHold }: ShownOrder): boolean {
  return atRest.has(status) && !(status === 'provisioned' && (ending || onHold))
}

/** An order as its owner reads it. */
export function toOrderBody(
  order: ShownOrder,
  regionName: string,
): OrderBody {
  return {
    id: order.id,
    status: order.status,
    statusText: statusText(order),
    atRest: isAtRest(order),
    planId: order.planId,
    planName: order.bought.planName,
    gameId: order.gameId,
    regionId: order.regionId,
    regionName: regionName,
    serverName: order.serverName,
    term: order.term,
    currency: order.currency,
    unitAmount: order.unitAmount,
    waitingFor: order.waitingFor,
    serverId: order.serverId,
    pteroServerId: order.pteroServerId,
    checkoutUrl: order.status === 'pending' ? order.checkoutUrl : null,
    createdAt: order.createdAt.toISOString(),
    expiresAt: order.status === 'pending' ? order.expiresAt.toISOString() : null,
    paidAt: order.paidAt?.toISOString() ?? null,
    // While the bank looks at the payment nothing can be promised.
    refundAt: order.onHold ? null : order.refundAt?.toISOString() ?? null,
    returnedAmount: order.returnedAmount,
    ending: order.ending,
    onHold: order.onHold,
  }
}
