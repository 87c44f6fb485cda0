/** What an id of each kind begins with, and how many random characters follow. */
const SHAPES = {
  account: ['acct_1', 15],
  'billing_portal.configuration': ['bpc_1', 23],
  'billing_portal.session': ['bps_1', 23],
  balance_transaction: ['txn_1', 23],
  bank_charge: ['py_3', 23],
  bank_refund: ['pyr_1', 23],
  charge: ['ch_3', 23],
  'checkout.session': ['cs_test_a1', 56],
  coupon: ['', 8],
  credit_note: ['cn_1', 23],
  credit_note_line: ['cnli_1', 23],
  customer: ['cus_', 14],
  customer_balance_transaction: ['cbtxn_1', 23],
  discount: ['di_1', 23],
  dispute: ['du_1', 23],
  event: ['evt_1', 23],
  invoice: ['in_1', 23],
  invoice_item: ['ii_1', 23],
  invoice_line: ['il_1', 23],
  invoice_payment: ['inpay_1', 23],
  line_item: ['li_1', 23],
  payment_intent: ['pi_3', 23],
  payment_method: ['pm_1', 23],
  portal_visit: ['test_', 40],
  price: ['price_1', 23],
  product: ['prod_', 14],
  promotion_code: ['promo_1', 23],
  promotion_code_text: ['', 8],
  refund: ['re_3', 23],
  request: ['req_', 14],
  secret: ['', 25],
  subscription: ['sub_1', 23],
  subscription_item: ['si_', 14],
  tax_id: ['txi_1', 23],
  test_clock: ['clock_1', 23],
  webhook_endpoint: ['we_1', 23],
  webhook_secret: ['whsec_', 32],
} as const

export type IdKind = keyof typeof SHAPES

/** A new id with the prefix that Stripe gives to this kind. `random` gives [0, 1). */
export function newId(kind: IdKind, random: () => number): string {
  const [prefix, length] = SHAPES[kind]
  const characters = Array.from({ length }, () => ALPHABET.charAt(random() * ALPHABET.length))
  return prefix + characters.join('')
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
