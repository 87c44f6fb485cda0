/** Every allowed move of an order; the guard, the documentation and the test all read this table. */
export const orderMoves = {
  pending: ['payment_processing', 'paid', 'expired', 'canceled', 'needs_review'],
  payment_processing: ['paid', 'expired', 'needs_review'],
  paid: ['provisioning', 'refunded'],
  provisioning: ['provisioned', 'provision_failed', 'refunded'],
  provision_failed: ['provisioning', 'refunded'],
  provisioned: ['refunded'],
  needs_review: ['paid', 'refunded'],
  // Money that came late is honoured or refunded, never ignored.
  expired: ['payment_processing', 'paid', 'needs_review'],
  canceled: ['payment_processing', 'paid', 'needs_review'],
  refunded: [],
} as const satisfies Record<string, readonly string[]>

export type OrderStatus = keyof typeof orderMoves
