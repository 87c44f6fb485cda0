/** What a person is told about, in words: what it means, and what to do. */
export const alertKinds = {
  order_needs_review: {
    means: 'Money came that does not match its order. Nothing is provisioned for it.',
    mend: 'Look at it with `deno task orders show ORDER`, then accept or refund it with `review`.',
  },
  orphan_payment: {
    means: 'A checkout session of this shop was paid, but no order here knows it.',
    mend: 'Look it up in the Stripe dashboard and refund it there.',
  },
  refund_failed: {
    means:
      'Stripe does not return a payment, or the bank sent the refund back. The customer waits.',
    mend:
      'Look the payment up in the Stripe dashboard; then run `deno task orders refund ORDER`, or pay another way.',
  },
  payment_disputed: {
    means: 'A customer told their bank that a payment is not theirs. The server is suspended.',
    mend: 'Answer the dispute in the Stripe dashboard before its date; the rest happens by itself.',
  },
  server_missing: {
    means: 'A server that was delivered is not at the panel any more.',
    mend: 'Find out who deleted it; it is never rebuilt by itself.',
  },
  job_dead: {
    means: 'A job failed so often that it is not tried any more.',
    mend: 'Read its last error, mend the cause, then run `deno task orders retry ORDER`.',
  },
} as const satisfies Record<string, AlertWords>

interface AlertWords {
  means: string
  mend: string
}

export type AlertKind = keyof typeof alertKinds
