import type { OrderPhase } from '../order_phase.ts'

export const orderWords = {
  confirmingHeadline: 'Confirming your payment',
  confirming: 'Stripe tells us within seconds whether the money arrived.',
  title: (name: string) => `Order: ${name}`,
  returnTitle: 'Your order',
  heading: 'What happened so far',
  next: 'Next',
  pay: 'Go on to payment',
  cancel: 'Cancel this order',
  canceling: 'Canceling…',
  server: 'Go to the server',
  again: 'Choose a plan again',
  details: 'What you ordered',
  number: 'Order number',
  name: 'Server',
  plan: 'Plan',
  region: 'Region',
  price: 'Price',
  placed: 'Ordered',
  paid: 'Paid',
  returned: 'Returned',
  payUntil: 'Held until',
  unheard:
    'No payment has arrived for this order. If you closed the payment page, you can go on there. If you did pay, this page changes by itself.',
  refundAt: (at: string) =>
    `If no server is running by ${at}, all of your money goes back by itself.`,
  offline: 'We cannot reach the shop at the moment. Your order is safe; this page keeps trying.',
  stagesLabel: 'How far it is',
  stages: ['Place held', 'Paid', 'Being set up', 'Running'],
  stageDone: 'done',
  timelineEmpty: 'The first step appears here in a moment.',
}

export const ordersWords = {
  title: 'Orders',
  emptyHeading: 'No orders yet',
  empty: 'When you order a server, you find the order and its whole story here.',
}

/** Headlines of an order; the sentence below them is the API's `statusText`. */
export const orderHeadlines: Record<OrderPhase, string> = {
  pending: 'Ready to be paid',
  payment_processing: 'Payment under way',
  paid: 'Payment received',
  provisioning: 'Setting up your server',
  provisioned: 'Your server is running',
  provision_failed: 'A hitch with your server',
  needs_review: 'We are checking this by hand',
  refunded: 'Refunded',
  expired: 'Not paid in time',
  canceled: 'Canceled',
  ending: 'This order is being ended',
  on_hold: 'On hold until your bank decides',
  waiting: 'Paid. Your server waits',
}

/** Instead of a state's headline while the order waits for something (`waitingFor`). */
export const waitingHeadlines: Partial<Record<string, string>> = {
  room: 'Paid. Waiting for room',
  panel: 'Paid. Waiting for the game panel',
  node: 'Paid. Waiting for its node',
  account: 'Paid. A person has to help',
}

/** One or two words for lists. */
export const orderLabels: Record<OrderPhase, string> = {
  pending: 'To be paid',
  payment_processing: 'Payment running',
  paid: 'Paid',
  provisioning: 'Being set up',
  provisioned: 'Delivered',
  provision_failed: 'Trying again',
  needs_review: 'Being looked at',
  refunded: 'Refunded',
  expired: 'Not paid',
  canceled: 'Canceled',
  ending: 'Being ended',
  on_hold: 'On hold',
  waiting: 'Waiting',
}
