import type { EndReason } from '../../orders/store.ts'
import type { Term } from '../../plans/bodies.ts'
import {
  type Block,
  button,
  code,
  type Fact,
  facts as list,
  heading,
  note,
  paragraph,
} from '../blocks.ts'
import { formatInstant, formatMoney } from '../format.ts'
import type { Messages, Shop } from '../messages.ts'

/** What every mail about an order names. */
interface OrderFacts {
  orderId: string
  serverName: string
  planName: string
}

interface Money {
  /** In Stripe's minor units. */
  amount: number
  currency: string
}

/** Why a buyer hears that their order does not move. */
export type OrderProblem =
  | 'room'
  | 'account'
  | 'panel'
  | 'provision_failed'
  | 'needs_review'
  | 'refund_failed'

export interface OrderMailFacts {
  order_received: OrderFacts & Money & {
    regionName: string
    term: Term
    /** ISO 8601: when the money goes back if there is no server. */
    refundAt: string
  }
  server_ready: OrderFacts & {
    serverId: string
    address: string | null
    panelUsername: string
    emailVerified: boolean
  }
  order_problem: OrderFacts & {
    problem: OrderProblem
    /** ISO 8601; null when no date is promised. */
    refundAt: string | null
  }
  order_refunded: OrderFacts & Money & {
    /** Absent in mails that were queued before there were others than `not_delivered`. */
    reason?: EndReason
  }
  order_paid_twice: OrderFacts & Money
  order_disputed: OrderFacts & Money
}

export const orderMessages: Messages<OrderMailFacts> = {
  order_received: (facts, shop) => ({
    subject: `${shop.name}: your order for ${facts.serverName}`,
    preview: `We have your payment of ${formatMoney(facts.amount, facts.currency)}. ` +
      'Your server is being created.',
    heading: 'Thank you, your server is on its way',
    blocks: [
      paragraph(
        `Your payment arrived, and we are creating “${facts.serverName}” now. That takes a few ` +
          'minutes. As soon as it runs, we send you its address.',
      ),
      list([
        ['Server', facts.serverName],
        ['Plan', facts.planName],
        ['Region', facts.regionName],
        ['Paid', formatMoney(facts.amount, facts.currency)],
        ['Renews', `${EVERY[facts.term]}, until you cancel`],
        ['Order', facts.orderId],
      ]),
      paragraph(`${promise(facts.refundAt)} You need not ask for it.`),
      orderButton('Watch it being created', facts, shop),
    ],
    why: whyOrder(shop),
  }),

  server_ready: (facts, shop) => ({
    subject: `${shop.name}: ${facts.serverName} is ready`,
    preview: facts.address
      ? `Join at ${facts.address}.`
      : 'It is installed. Its address is on its page.',
    heading: `“${facts.serverName}” is ready`,
    blocks: [
      paragraph(
        facts.address
          ? 'Your server is installed. Copy this address into the game to join:'
          : 'Your server is installed. You find its address on its page.',
      ),
      ...(facts.address ? [code(['Address', facts.address])] : []),
      button('Open your server’s page', `${shop.url}/servers/${facts.serverId}`),
      ...panelLogin(facts, shop),
    ],
    why: whyOrder(shop),
  }),

  order_problem: (facts, shop) => {
    const { subject, happened, next } = problems[facts.problem]
    return {
      subject: `${shop.name}: ${subject} “${facts.serverName}”`,
      preview: happened,
      heading: headingOf(facts.problem),
      blocks: [
        paragraph(happened),
        paragraph(next),
        ...(facts.refundAt ? [paragraph(promise(facts.refundAt))] : []),
        list(aboutOrder(facts)),
        orderButton('See where your order stands', facts, shop),
      ],
      why: whyOrder(shop),
    }
  },

  order_refunded: (facts, shop) => {
    const { heading, happened } = endings[facts.reason ?? 'not_delivered']
    return {
      subject: `${shop.name}: your money for ${facts.serverName} goes back`,
      preview: happened,
      heading,
      blocks: [
        paragraph(`${happened} Nothing more will be charged.`),
        ...refunded(facts),
        list(aboutOrder(facts)),
        orderButton('See your order', facts, shop),
      ],
      why: whyOrder(shop),
    }
  },

  order_paid_twice: (facts, shop) => ({
    subject: `${shop.name}: your second payment for ${facts.serverName} goes back`,
    preview: 'Your order was paid twice. You pay once, and have one server.',
    heading: 'You paid twice, so one payment goes back',
    blocks: [
      paragraph(
        `A second payment of ${formatMoney(facts.amount, facts.currency)} arrived for ` +
          `“${facts.serverName}”. We return it, and its subscription is cancelled. You need do ` +
          'nothing. Banks take up to ten days to show it.',
      ),
      list(aboutOrder(facts)),
      orderButton('See your order', facts, shop),
    ],
    why: whyOrder(shop),
  }),

  order_disputed: (facts, shop) => ({
    subject: `${shop.name}: your bank asks about your payment for ${facts.serverName}`,
    preview: 'Your bank told us that you do not know this payment. The server is stopped.',
    heading: 'Your bank looks at your payment',
    blocks: [
      paragraph(
        `Your bank told us that you do not know the payment of ` +
          `${formatMoney(facts.amount, facts.currency)} for “${facts.serverName}”, and has taken ` +
          'the money back for now. So the server is stopped, and nothing on it is deleted.',
      ),
      paragraph(
        'If that is a mistake, tell your bank that the payment is right, and answer this mail. The ' +
          'server starts again once the bank has decided so.',
      ),
      list(aboutOrder(facts)),
      orderButton('See your order', facts, shop),
    ],
    why: whyOrder(shop),
  }),
}

/** Why an order ended, and what that means. */
const endings: Record<EndReason, { heading: string; happened: string }> = {
  not_delivered: {
    heading: 'We could not deliver, so your money goes back',
    happened: 'We are sorry. We could not create your server within the time we promised, so we ' +
      'have ended the order.',
  },
  operator: {
    heading: 'We ended your order, and your money goes back',
    happened:
      'We have ended your order. A server that ran is stopped, and is deleted in three days.',
  },
  refunded_at_stripe: {
    heading: 'Your money was returned',
    happened: 'Your payment was returned, so we have ended the order. A server that ran is ' +
      'stopped, and is deleted in three days.',
  },
  dispute_lost: {
    heading: 'Your bank took the payment back',
    happened: 'Your bank decided that you get your money back, so we have ended the order. A ' +
      'server that ran is stopped, and is deleted in three days.',
  },
}

const EVERY: Record<Term, string> = {
  monthly: 'every month',
  quarterly: 'every 3 months',
  yearly: 'every year',
}

/** What happened, and what comes next: each what the reader may do about it, or that they need not. */
const problems: Record<OrderProblem, { subject: string; happened: string; next: string }> = {
  room: {
    subject: 'no room yet for',
    happened: 'Your region has no room for your server right now. Your payment is safe.',
    next: 'We look for a place all the time and create your server as soon as there is one. You ' +
      'need do nothing.',
  },
  account: {
    subject: 'one question about',
    happened: 'The game panel already has an account with your e-mail address. We did not make ' +
      'it, so we do not give it your server.',
    next: 'If that account is yours, answer this mail: a person will join the two. If you know ' +
      'nothing of it, tell us that instead.',
  },
  panel: {
    subject: 'a delay with',
    happened: 'The game panel does not take new servers at the moment. That is ours to repair, ' +
      'and your payment is safe.',
    next: 'We try again all the time, and create your server once the panel answers. You need ' +
      'do nothing.',
  },
  provision_failed: {
    subject: 'a delay with',
    happened: 'We tried to create your server, and it failed. Your payment is safe.',
    next: 'A person has been told and we keep trying. You need do nothing.',
  },
  needs_review: {
    subject: 'we are checking your payment for',
    happened: 'Your payment arrived, but it does not match your order. Nothing is lost.',
    next: 'A person looks at it and writes to you. Please do not pay again.',
  },
  refund_failed: {
    subject: 'your refund takes longer for',
    happened: 'We want to return a payment of yours, but the payment service does not let us yet.',
    next: 'A person has been told, and we try again until it works. You need do nothing.',
  },
}

function headingOf(problem: OrderProblem): string {
  switch (problem) {
    case 'needs_review':
      return 'We are checking your payment'
    case 'refund_failed':
      return 'Your refund takes longer'
    case 'account':
      return 'We need a word from you'
    default:
      return 'Your server takes longer than usual'
  }
}

function panelLogin(facts: OrderMailFacts['server_ready'], shop: Shop): Block[] {
  return [
    heading('The game panel'),
    paragraph('There you start and stop your server, type commands and manage its files.'),
    code(['Panel', shop.panelUrl], ['User name', facts.panelUsername]),
    facts.emailVerified
      ? paragraph(
        'Set the password on your server’s page, which shows it to you once. We never send ' +
          'passwords by mail.',
      )
      : note(
        'Confirm your e-mail address first: with the link in our first mail, or a new one from ' +
          'your account page. Then set the panel password on your server’s page.',
      ),
  ]
}

function refunded({ amount, currency }: Money): Block[] {
  if (amount === 0) return []
  const money = formatMoney(amount, currency)
  return [
    paragraph(
      `The whole ${money} goes back the way it came. Banks take up to ten days to show it.`,
    ),
  ]
}

function aboutOrder({ orderId, serverName, planName }: OrderFacts): Fact[] {
  return [['Server', serverName], ['Plan', planName], ['Order', orderId]]
}

function promise(refundAt: string): string {
  return `If your server does not run by ${
    formatInstant(refundAt)
  }, your whole payment goes back by itself.`
}

function orderButton(label: string, { orderId }: OrderFacts, shop: Shop): Block {
  return button(label, `${shop.url}/orders/${orderId}`)
}

function whyOrder(shop: Shop): string {
  return `You get this mail because you ordered a server at ${shop.name}.`
}
