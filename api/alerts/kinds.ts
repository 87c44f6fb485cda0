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
  job_dead: {
    means: 'A job failed so often that it is not tried any more.',
    mend: 'Read its last error, mend the cause, then run `deno task orders retry ORDER`.',
  },
  job_failing: {
    means: 'A job of an order fails again and again. It is tried each hour until it ends well.',
    mend: 'Read its last error, mend the cause, then run `deno task orders retry ORDER`.',
  },
  job_unknown: {
    means: 'A job lies here for an hour that no running release knows by its name.',
    mend: 'Finish the deployment of the release that made it, or start that release again.',
  },
} as const satisfies Record<string, AlertWords>

interface AlertWords {
  means: string
  mend: string
}

export type AlertKind = keyof typeof alertKinds
