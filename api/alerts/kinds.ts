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
  job_failing: {
    means: 'A job of an order fails again and again. It is tried each hour until it ends well.',
    mend: 'Read its last error, mend the cause, then run `deno task orders retry ORDER`.',
  },
  job_unknown: {
    means: 'A job lies here for an hour that no running release knows by its name.',
    mend: 'Finish the deployment of the release that made it, or start that release again.',
  },
  panel_configuration: {
    means:
      'The panel refuses our key, or what answers at its address is no panel. All orders wait.',
    mend:
      'Read the reason with `deno task doctor`, set PANEL_URL and PANEL_API_KEY, start again. No order needs a hand.',
  },
  panel_down: {
    means: 'The panel does not answer, or answers with errors of its own. All orders wait.',
    mend:
      'Look at the panel, its database and its proxy. Orders go on by themselves when it is back.',
  },
  panel_node_down: {
    means: 'The Wings of a node takes no servers. Orders go to other nodes of its region, or wait.',
    mend: 'Look at Wings on the node that is named, or set the node to maintenance at the panel.',
  },
} as const satisfies Record<string, AlertWords>

interface AlertWords {
  means: string
  mend: string
}

export type AlertKind = keyof typeof alertKinds
