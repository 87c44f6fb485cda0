import type { MailFacts, MailTemplate, Shop } from '../../api/mail/messages.ts'

type Samples = { [T in MailTemplate]: Record<string, MailFacts[T]> }

/** What the samples come from. */
export const SAMPLE_SHOP: Shop = {
  name: 'Spawnpoint',
  url: 'https://shop.example.com',
  panelUrl: 'https://panel.example.com',
  linkEndsAt: '2026-11-25T18:04:00.000Z',
  tokenOf: () => '0aDmJ7b2XqkV4nQxR9sYt1uWc5Ze8fGhL3pKoIi6vNw',
}

const order = {
  orderId: 'ord_01kaw3v5h7r8e2m4n6p9q0s1t3',
  serverName: 'Creeper Cove',
  planName: 'Paper 4 GB',
}
const refundAt = '2026-11-25T18:04:00.000Z'
const at = '2026-11-24T18:04:00.000Z'
const ready = {
  ...order,
  serverId: 'srv_01kaw3v5h7r8e2m4n6p9q0s1t3',
  address: 'frankfurt-1.example.com:25565',
  panelUsername: 'sp-01kaw3v5h7r8e2m4n6p9q0s1t3',
}

/** Every template with honest facts, and every turn its words can take. */
export const SAMPLES: Samples = {
  alert: {
    '': {
      kind: 'order_needs_review',
      opened: {
        count: 21,
        some: [{ subject: order.orderId, since: at, detail: 'amount 1, wanted 1250' }],
      },
      reminded: { count: 1, some: [{ subject: order.orderId, since: at, detail: '' }] },
      resolved: { count: 1, some: [{ subject: order.orderId, since: at, detail: '' }] },
    },
    report: {
      kind: 'money_report',
      opened: { count: 1, some: [{ subject: '2026-11-24', since: at, detail: 'settled €12.50' }] },
      reminded: { count: 0, some: [] },
      resolved: { count: 0, some: [] },
    },
  },
  order_received: {
    '': {
      ...order,
      amount: 1250,
      currency: 'eur',
      regionName: 'Frankfurt',
      term: 'monthly',
      refundAt,
    },
  },
  server_ready: {
    '': { ...ready, emailVerified: true },
    unverified: { ...ready, emailVerified: false },
    'without-address': { ...ready, address: null, emailVerified: true },
  },
  order_problem: {
    room: { ...order, problem: 'room', refundAt },
    account: { ...order, problem: 'account', refundAt },
    panel: { ...order, problem: 'panel', refundAt },
    'provision-failed': { ...order, problem: 'provision_failed', refundAt },
    'needs-review': { ...order, problem: 'needs_review', refundAt: null },
    'refund-failed': { ...order, problem: 'refund_failed', refundAt: null },
  },
  order_refunded: {
    '': { ...order, amount: 1250, currency: 'eur' },
    free: { ...order, amount: 0, currency: 'eur' },
    operator: { ...order, amount: 1250, currency: 'eur', reason: 'operator' },
    'at-stripe': { ...order, amount: 1250, currency: 'eur', reason: 'refunded_at_stripe' },
    'dispute-lost': { ...order, amount: 1250, currency: 'eur', reason: 'dispute_lost' },
  },
  order_paid_twice: { '': { ...order, amount: 1250, currency: 'eur' } },
  order_disputed: { '': { ...order, amount: 1250, currency: 'eur' } },
  verify_email: { '': { tokenId: 'tok_1' } },
  reset_password: { '': { tokenId: 'tok_1' } },
  confirm_new_email: { '': { tokenId: 'tok_1' } },
  email_change_requested: { '': { newEmail: 'ada.lovelace@example.com' } },
  email_changed: { '': { newEmail: 'ada.lovelace@example.com' } },
  password_changed: { '': { at } },
  session_stolen: { '': { at, device: 'Firefox on Windows' } },
  panel_login_set: { '': { at } },
  account_exists: { '': {} },
}

/** Each sample written out, named after its template and turn. */
export function* samples<R>(
  write: <T extends MailTemplate>(template: T, facts: MailFacts[T], shop: Shop) => R,
): Generator<{ name: string; template: MailTemplate; written: R }> {
  // Safe because Object.keys of a literal yields exactly its keys.
  for (const template of Object.keys(SAMPLES) as MailTemplate[]) {
    for (const [turn, facts] of Object.entries(SAMPLES[template])) {
      const written = write(template, facts, SAMPLE_SHOP)
      yield { name: turn ? `${template}-${turn}` : template, template, written }
    }
  }
}
