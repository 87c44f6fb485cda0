/** What a person is told about, in words: what it means, and what to do. */
export const alertKinds = {
  order_needs_review: {
    means: 'Money came that does not match its order. Nothing is provisioned for it.',
    mend: 'Look at it with `deno task orders show ORDER`, then accept or refund it with `review`.',
  },
  order_late: {
    means: 'An order was paid more than 15 minutes ago and its server does not run yet.',
    mend: 'Read why with `deno task orders show ORDER`. It is tried on, and refunded in the end.',
  },
  orphan_payment: {
    means: 'A checkout session of this shop was paid, but no order here knows it.',
    mend: 'Look it up in the Stripe dashboard and refund it there.',
  },
  capacity_drift: {
    means: 'What a node had set aside was not the sum of its holds. It is repaired already.',
    mend: 'If it comes back, look for writes to the database that are not this shop’s.',
  },
  capacity_low: {
    means: 'Fewer than three servers of the largest plan fit into a region.',
    mend: 'Add a node or ports to the region, or sell less there.',
  },
  capacity_stuck: {
    means: 'A node is full or out of service, and orders whose place is on it find no other.',
    mend: 'Open the node again, or add room to its region.',
  },
  refund_failed: {
    means:
      'Stripe does not return a payment, or the bank sent the refund back. The customer waits.',
    mend:
      'Look the payment up in the Stripe dashboard; then run `deno task orders retry ORDER`, or pay another way.',
  },
  payment_disputed: {
    means: 'A customer told their bank that a payment is not theirs. The server is suspended.',
    mend: 'Answer the dispute in the Stripe dashboard before its date; the rest happens by itself.',
  },
  server_missing: {
    means: 'A server that was delivered is not at the panel any more.',
    mend: 'Find out who deleted it; it is never rebuilt by itself.',
  },
  orphan_server: {
    means:
      'The panel has a server of this shop that no order wants. It takes room, and is not paid.',
    mend: 'See whose it is with its id here, then delete it at the panel; the shop never does.',
  },
  server_unpaid: {
    means: 'A server runs though the subscription that pays for it has ended.',
    mend: 'Ask the customer, then end the order; nothing stops the server by itself.',
  },
  server_wrong_owner: {
    means: 'A server of ours belongs to another account at the panel than the one that bought it.',
    mend: 'Find out who moved it. Give it back in the panel, or end the order.',
  },
  server_differs: {
    means: 'A server at the panel has other limits than were bought, or is suspended there alone.',
    mend: 'Put it right in the panel: the order says what was bought.',
  },
  money_report: {
    means: 'What came and went on a day, and what Stripe says of it.',
    mend: 'Nothing, unless it deviates; then there is an alert of its own.',
    once: true,
  },
  money_deviation: {
    means: 'Stripe and this shop do not say the same of an invoice of that day.',
    mend: 'Look the invoices up in the Stripe dashboard. It ends by itself once both agree.',
  },
  webhook_missed: {
    means: 'Stripe had events for us that never came by the webhook. They were fetched instead.',
    mend: 'Run `deno task doctor`: it says what is wrong with the webhook.',
  },
  webhook_refused: {
    means: 'Deliveries to the webhook are refused, as their signature is not Stripe’s.',
    mend:
      'If it is Stripe’s own endpoint, put its secret into STRIPE_WEBHOOK_SECRETS; if not, nothing.',
  },
  sweep_late: {
    means: 'A sweep has not gone through for half an hour beyond its time.',
    mend: 'Run it by hand with `deno task orders sweep NAME --yes` and read why it fails.',
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

export interface AlertWords {
  means: string
  mend: string
  /** News and no state: nobody is reminded of it, or told that it is over. */
  once?: true
}

export type AlertKind = keyof typeof alertKinds

/** The words of a kind; of one that another release raised, its name. */
export function wordsOf(kind: string): AlertWords {
  const words: Record<string, AlertWords> = alertKinds
  return Object.hasOwn(words, kind) && words[kind] ||
    { means: kind, mend: 'Run `deno task doctor`.' }
}
