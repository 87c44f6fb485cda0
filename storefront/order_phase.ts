import type { OrderBody } from '../api/orders/bodies.ts'

/** An order's status, or what overrides it in the eyes of who reads it. */
export type OrderPhase = OrderBody['status'] | 'ending' | 'on_hold' | 'waiting'

export function phaseOf(order: OrderBody): OrderPhase {
  if (order.ending && order.status !== 'refunded') return 'ending'
  if (order.onHold === 'disputed' && order.status !== 'refunded') return 'on_hold'
  return order.waitingFor ? 'waiting' : order.status
}
