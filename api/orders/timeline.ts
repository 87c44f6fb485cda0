import type { TimelineEntryBody } from './bodies.ts'
import type { OrderEvent } from './store.ts'

interface Words {
  text: string
  next?: string
  level?: TimelineEntryBody['level']
}

type Facts = Record<string, unknown>

/** What each kind of event says to the customer: what happened, and what comes next. */
const sentences: Record<string, (facts: Facts) => Words> = {
  'order.placed': () => ({
    text: 'We set the capacity for your server aside.',
    next: 'Pay at Stripe; until then the place stays yours',
  }),
  'order.payment_processing': () => ({
    text: 'Stripe took your payment and waits for your bank.',
    next: 'We start your server as soon as the money is confirmed',
  }),
  'order.paid': () => ({
    text: 'Your payment arrived.',
    next: 'We create your server',
    level: 'good',
  }),
  'order.needs_review': () => ({
    text: 'Money arrived, but it does not match this order. Nothing is lost.',
    next: 'A person looks at it and writes to you',
    level: 'problem',
  }),
  'order.expired': () => ({
    text: 'The time to pay ran out and the place was given back. Nothing was charged.',
    level: 'problem',
  }),
  'order.session_refused': () => ({
    text: 'Stripe would not open a payment page for this order. Nothing was charged.',
    level: 'problem',
  }),
  'order.payment_failed': () => ({
    text: 'Your bank refused the payment, and the place was given back. Nothing was charged.',
    level: 'problem',
  }),
  'order.canceled': () => ({ text: 'You canceled the order before paying. Nothing was charged.' }),
  'order.provisioning': () => ({
    text: 'We are creating your server.',
    next: 'It gets its place on a node',
  }),
  'order.hold_moved': () => ({
    text: 'The node that was set aside for your server is out of service, so we took another.',
  }),
  'order.hold_stuck': ({ region }) => ({
    text:
      `The node that was set aside for your server is full or out of service, and no other in ${region} has room.`,
    next: 'We look for room again',
    level: 'problem',
  }),
  'order.waiting_for_room': ({ region }) => ({
    text: `No node in ${region} has room for your server right now.`,
    next: 'We try again, and return your money if it takes too long',
    level: 'problem',
  }),
  'order.waiting_for_account': () => ({
    text: 'The game panel already has an account with your e-mail address that is not ours to use.',
    next: 'Write to us: a person has to join the two',
    level: 'problem',
  }),
  'order.waiting_for_panel': () => ({
    text: 'The game panel refuses us at the moment; that is ours to repair, not yours.',
    next: 'We try again',
    level: 'problem',
  }),
  'order.provision_retry': () => ({
    text: 'The game panel did not confirm the new server.',
    next: 'We look whether it is there, and create it if it is not',
    level: 'problem',
  }),
  'order.provision_failed': () => ({
    text: 'The game panel refuses to create this server. A person has been told.',
    next: 'We try again, and return your money if it takes too long',
    level: 'problem',
  }),
  'order.refund_failed': () => ({
    text: 'We could not deliver your server in time, and Stripe would not return the money yet.',
    next: 'A person looks at it, and we try again',
    level: 'problem',
  }),
  'order.refunded': () => ({
    text: 'We could not deliver your server in time. Your money is on its way back to you.',
    next: 'Your bank shows it within ten days',
  }),
  'server.created': () => ({
    text: 'Your server has its place.',
    next: 'The game is being installed',
  }),
  'server.installing_slowly': () => ({
    text: 'The installation takes longer than usual.',
    next: 'We keep looking',
    level: 'problem',
  }),
  'server.install_failed': () => ({
    text: 'The installation of the game failed.',
    next: 'We start it again',
    level: 'problem',
  }),
  'server.recreated': () => ({
    text: 'We removed what was half installed and start afresh.',
    next: 'We create your server again',
  }),
  'server.gone': () => ({
    text: 'The game panel took the new server back.',
    next: 'We create it again',
    level: 'problem',
  }),
  'server.active': ({ address }) => ({
    text: address ? `Your server runs at ${address}.` : 'Your server runs.',
    level: 'good',
  }),
  'server.missing': () => ({
    text: 'The game panel does not show your server any more. A person has been told.',
    level: 'problem',
  }),
}

/** The rows of a timeline in the customer's words. */
export function toTimeline(events: OrderEvent[]): TimelineEntryBody[] {
  return events.map((event) => {
    const words = sentences[event.kind]?.(event.facts) ?? { text: event.kind }
    return {
      id: event.id,
      at: event.at.toISOString(),
      kind: event.kind,
      text: words.text,
      next: words.next ?? null,
      nextAt: event.nextAt?.toISOString() ?? null,
      level: words.level ?? 'info',
    }
  })
}
