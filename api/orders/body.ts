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

function statusText({ status, ending, onHold }: ShownOrder): string {
  if (ending && status !== 'refunded') return 'This order is being ended; your money goes back.'
  if (onHold === 'disputed') return 'Your bank looks at your payment. Your server waits for it.'
  return statusTexts[status]
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
    atRest: atRest.has(order.status),
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
    refundAt: order.refundAt?.toISOString() ?? null,
    returnedAmount: order.returnedAmount,
    ending: order.ending,
    onHold: order.onHold,
  }
}
