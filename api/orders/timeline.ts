import { formatInstant, formatMoney } from '../mail/format.ts'
import type { TimelineEntryBody } from './bodies.ts'
import type { OrderEvent } from './store.ts'

interface Words {
  text: string
  next?: string
  level?: TimelineEntryBody['level']
}

type Facts = Record<string, unknown>

const NOT_DELIVERED: Words = {
  text: 'We could not deliver your server in time. Your money is on its way back to you.',
  next: 'Your bank shows it within ten days',
}

/** Why an order is being ended. */
const ENDING: Record<string, string> = {
  not_delivered: 'We could not deliver your server in time, so the order ends.',
  operator: 'We end this order and return your money.',
  refunded_at_stripe: 'Your payment was returned, so the order ends.',
  dispute_lost: 'The payment is not ours any more, so the order ends.',
}

/** How it ended. */
const ENDED: Record<string, Words> = {
  operator: {
    ...NOT_DELIVERED,
    text: 'The order has ended. Your money is on its way back to you.',
  },
  refunded_at_stripe: { text: 'The order has ended, since its payment was returned.' },
  dispute_lost: { text: 'The order has ended, since your bank took the payment back.' },
}

/** An amount of a row's facts. */
function money(amount: unknown, currency: unknown): string {
  return typeof amount === 'number' && typeof currency === 'string'
    ? formatMoney(amount, currency)
    : 'your money'
}

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
    text:
      'The node that was set aside for your server is full or out of service, so we took another.',
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
  'order.waiting_for_panel_back': () => ({
    text: 'The game panel does not answer at the moment. Your order is safe.',
    next: 'We ask it again all the time, and go on as soon as it is back',
    level: 'problem',
  }),
  'order.waiting_for_turn': () => ({
    text: 'Many servers are being created right now; yours is one of the next.',
    next: 'It is its turn soon',
  }),
  'order.waiting_for_node': ({ region }) => ({
    text: `The node in ${region} that has room for your server does not answer right now.`,
    next: 'We try it each minute, and return your money if it takes too long',
    level: 'problem',
  }),
  'order.node_changed': () => ({
    text: 'The node that was meant for your server cannot take it now.',
    next: 'It gets its place on another node of the region',
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
  'order.refund_failed': ({ amount, currency }) => ({
    text: `Stripe would not return ${money(amount, currency)} yet.`,
    next: 'A person looks at it, and we try again',
    level: 'problem',
  }),
  'order.ending': ({ reason, running }) => ({
    text: ENDING[String(reason)] ?? 'The order is being ended.',
    next: running
      ? 'Your server stops now and is deleted in three days'
      : 'The order ends, and nothing more is charged',
    level: 'problem',
  }),
  'order.refunded': ({ reason }) => ENDED[String(reason)] ?? NOT_DELIVERED,
  'order.partly_refunded': ({ amount, currency }) => ({
    text: `We returned ${money(amount, currency)} of your payment. Your server stays.`,
  }),
  'order.refund_came_back': ({ amount, currency }) => ({
    text: `Your bank sent back the ${money(amount, currency)} that we returned.`,
    next: 'A person has been told, and finds another way',
    level: 'problem',
  }),
  'order.refund_needs_you': ({ amount, currency }) => ({
    text: `To return ${money(amount, currency)}, Stripe needs to know where to.`,
    next: 'Stripe has written to you: please answer that mail',
    level: 'problem',
  }),
  'order.paid_twice': ({ amount, currency }) => ({
    text: `A second payment of ${money(amount, currency)} arrived. You need only one.`,
    next: 'We return it, and cancel its subscription',
  }),
  'order.disputed': ({ amount, currency, apart }) => ({
    text: apart
      ? `Your bank asks for ${money(amount, currency)} back, a payment that no server rests on.`
      : `Your bank asks for ${money(amount, currency)} back, so your server stops for now.`,
    next: 'The bank decides; tell it if this is a mistake',
    level: 'problem',
  }),
  'order.dispute_won': ({ apart }) => ({
    text: 'Your bank left the payment with us.',
    next: apart ? undefined : 'Your server may run again',
    level: 'good',
  }),
  'order.dispute_lost': () => ({
    text: 'Your bank took the payment back for good.',
    level: 'problem',
  }),
  'order.waiting_for_bank': () => ({
    text: 'Your bank asks for the payment back, so we do not create the server yet.',
    next: 'The bank decides; tell it if this is a mistake',
    level: 'problem',
  }),
  'order.review_accepted': () => ({
    text: 'A person looked at your payment and accepted it.',
    next: 'We create your server',
    level: 'good',
  }),
  'order.retried': () => ({ text: 'A person asked for the next try to come now.' }),
  'order.deadline_moved': ({ until }) => ({
    text: `We need more time for your server, until ${formatInstant(String(until))}.`,
    next: 'If that is not enough, your money goes back by itself',
  }),
  'order.found_at_deadline': () => ({
    text: 'Your server is there after all: we take it up instead of returning your money.',
    next: 'If it does not work within a quarter of an hour, your money goes back by itself',
  }),
  'server.suspended': ({ reason }) => ({
    text: reason === 'disputed'
      ? 'Your server is stopped until your bank has decided.'
      : 'Your server is stopped. It is kept for three days, then deleted.',
    next: reason === 'disputed' ? 'The bank decides; tell it if this is a mistake' : undefined,
    level: 'problem',
  }),
  'server.unsuspended': () => ({ text: 'Your server may run again.', level: 'good' }),
  'server.created': () => ({
    text: 'Your server has its place.',
    next: 'The game is being installed',
  }),
  'server.installing_slowly': () => ({
    text: 'The installation takes longer than usual.',
    next: 'We keep looking',
    level: 'problem',
  }),
  'server.suspended_at_panel': () => ({
    text: 'Your server was suspended at the game panel before it was installed.',
    next: 'A person has been told, and we keep looking',
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
  'server.attached': () => ({
    text: 'A person connected your server with this order again.',
    level: 'good',
  }),
  'server.missing': () => ({
    text: 'The game panel does not show your server any more. A person has been told.',
    level: 'problem',
  }),
  'server.back': () => ({
    text: 'Your server is at the game panel again.',
    level: 'good',
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
