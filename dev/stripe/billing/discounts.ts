import { noSuch, refused } from '../errors.ts'
import {
  type DiscountAmount,
  discountObject,
  isValid,
  promotionCodeShown,
} from '../objects/discount.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { findCoupon } from '../store.ts'
import type { Coupon, Discount, PromotionCode } from '../wire.ts'
import { periodEnd } from './period.ts'

/** What of a line decides how it is discounted. */
export interface DiscountableLine {
  /** for the whole quantity, in minor units; a credit is never discounted */
  amount: number
  product: string | null
  discountable?: boolean
}

/**
 * What each discount takes off each line, in the order of the lines. A discount takes its part of
 * what those before it left; one that has ended takes nothing. What an `amount_off` takes, and
 * what rounding leaves, is spread over the lines in proportion, so that no cent is lost.
 */
export function applyDiscounts({ store, now }: Sandbox, { lines, discounts, currency }: {
  lines: DiscountableLine[]
  discounts: Discount[]
  currency: string
}): DiscountAmount[][] {
  const taken: DiscountAmount[][] = lines.map(() => [])
  for (const discount of discounts) {
    if (!isRunning(discount, now())) continue
    const coupon = findCoupon(store, discount.source.coupon ?? '')
    if (!coupon) continue
    const left = lines.map((line, index) =>
      isDiscounted(line, coupon) ? line.amount - sumOf(taken[index]) : 0
    )
    const parts = spread(amountOff(coupon, sum(left), currency), left)
    for (const [index, amount] of parts.entries()) {
      if ((left[index] ?? 0) > 0) taken[index]?.push({ discount: discount.id, amount })
    }
  }
  return taken
}

/** Whether a discount still takes something off at this time. */
function isRunning({ end }: Discount, now: number): boolean {
  return end === null || end > now
}

/** One entry of a parameter `discounts`. */
export interface AskedDiscount {
  coupon?: string
  promotion_code?: string
  /** one that exists already, and stays */
  discount?: string
}

/** Whom a discount is for, and what it must fit. */
export interface DiscountTerms {
  owner: Partial<
    Pick<
      Discount,
      'checkout_session' | 'customer' | 'invoice' | 'invoice_item' | 'subscription'
    >
  >
  currency: string
  /** what is bought, before discounts; minor units */
  subtotal: number
}

/**
 * The discounts that a parameter `discounts` asks for, not redeemed yet: nothing is kept. Throws
 * when one of them cannot be redeemed on these terms.
 */
export function draftDiscounts(
  sandbox: Sandbox,
  asked: AskedDiscount[],
  terms: DiscountTerms,
): Discount[] {
  return asked.map((entry, index) => {
    const param = `discounts[${index}]`
    if (Object.keys(entry).length !== 1) {
      throw refused('You may only specify one of these parameters: coupon, promotion_code.', {
        param,
      })
    }
    const { coupon, promotion_code: code, discount } = entry
    if (discount !== undefined) {
      return ownDiscount(sandbox, discount, { ...terms, param: `${param}[discount]` })
    }
    if (code === undefined) return draftOfCoupon(sandbox, coupon ?? '', { ...terms, param })
    return draftOfCode(sandbox, code, { ...terms, param })
  })
}

/** Refuses drafts that can no longer be redeemed: others were faster, or the time is over. */
export function checkRedeemable({ store, now }: Sandbox, drafts: Discount[]) {
  for (const { source, promotion_code: code } of drafts) {
    const coupon = store.coupons.find(source.coupon ?? '')
    const promotionCode = store.promotionCodes.find(code ?? '')
    const valid = promotionCode
      ? promotionCodeShown(promotionCode, coupon, now()).active
      : coupon && isValid(coupon, now())
    if (valid) continue
    throw refused(`Coupon expired: ${source.coupon}`, { code: 'coupon_expired' })
  }
}

/** Keeps drafts and counts them as redeemed; what exists already stays as it is. */
export function redeemDiscounts(sandbox: Sandbox, drafts: Discount[]): Discount[] {
  const { store } = sandbox
  return drafts.map((draft) => {
    const existing = store.discounts.find(draft.id)
    if (existing) return existing
    countRedemption(sandbox, draft)
    const discount = store.discounts.insert(draft)
    if (discount.customer !== null) emit(sandbox, 'customer.discount.created', discount)
    return discount
  })
}

/** Gives the owner the discounts that a parameter asks for: `draftDiscounts`, then redeemed. */
export function attachDiscounts(
  sandbox: Sandbox,
  asked: AskedDiscount[],
  terms: DiscountTerms,
): Discount[] {
  return redeemDiscounts(sandbox, draftDiscounts(sandbox, asked, terms))
}

/** Ends discounts before their time; what they took off stays off. */
export function detachDiscounts(sandbox: Sandbox, ids: string[]) {
  const { store, now } = sandbox
  for (const id of ids) {
    const discount = store.discounts.find(id)
    if (!discount || !isRunning(discount, now())) continue
    emit(sandbox, 'customer.discount.deleted', store.discounts.update(id, { end: now() }))
  }
}

/** Of a subscription's discounts those that its next invoice still has, after one was made. */
export function discountsLeft({ store, now }: Sandbox, ids: string[]): string[] {
  return ids.filter((id) => {
    const discount = store.discounts.get(id)
    return findCoupon(store, discount.source.coupon ?? '')?.duration !== 'once' &&
      isRunning(discount, now())
  })
}

/** The active promotion code that a customer typed, in whatever case. */
export function findPromotionCode(
  { store, now }: Sandbox,
  typed: string,
): PromotionCode | undefined {
  return store.promotionCodes.newestFirst().find((promotionCode) => {
    const coupon = store.coupons.find(promotionCode.promotion.coupon ?? '')
    return promotionCode.code.toLowerCase() === typed.trim().toLowerCase() &&
      promotionCodeShown(promotionCode, coupon, now()).active
  })
}

function isDiscounted({ amount, product, discountable = true }: DiscountableLine, coupon: Coupon) {
  const products = coupon.applies_to?.products
  return amount > 0 && discountable &&
    (products === undefined || (product !== null && products.includes(product)))
}

function amountOff(coupon: Coupon, base: number, currency: string): number {
  if (coupon.percent_off !== null) return Math.round(base * coupon.percent_off / 100)
  return Math.min(base, fixedAmountOff(coupon, currency) ?? 0)
}

function fixedAmountOff(coupon: Coupon, currency: string): number | undefined {
  if (coupon.currency === currency) return coupon.amount_off ?? undefined
  return coupon.currency_options?.[currency]?.amount_off
}

/** Parts of `total` in proportion to the weights; the largest remainders get what is left over. */
function spread(total: number, weights: number[]): number[] {
  const whole = sum(weights)
  if (whole === 0) return weights.map(() => 0)
  const exact = weights.map((weight) => total * weight / whole)
  const parts = exact.map(Math.floor)
  const byRemainder = exact
    .map((part, index) => ({ index, remainder: part - Math.floor(part) }))
    .sort((a, b) => b.remainder - a.remainder)
  for (const { index } of byRemainder.slice(0, total - sum(parts))) {
    parts[index] = (parts[index] ?? 0) + 1
  }
  return parts
}

/** The discount of a customer; that of another is none. */
function ownDiscount(
  { store }: Sandbox,
  id: string,
  { owner, param }: DiscountTerms & { param: string },
): Discount {
  const discount = store.discounts.get(id, param)
  if (discount.customer === owner.customer) return discount
  throw noSuch('discount', id, param)
}

function draftOfCoupon(
  sandbox: Sandbox,
  id: string,
  { owner, currency, param }: DiscountTerms & { param: string },
): Discount {
  const { store, now, newId } = sandbox
  const coupon = store.coupons.get(id, `${param}[coupon]`)
  checkCoupon(coupon, currency, { now: now(), param: `${param}[coupon]` })
  return discountObject({
    ...owner,
    id: newId('discount'),
    start: now(),
    end: endOf(coupon, now()),
    source: { type: 'coupon', coupon: coupon.id },
  })
}

function draftOfCode(
  sandbox: Sandbox,
  id: string,
  terms: DiscountTerms & { param: string },
): Discount {
  const param = `${terms.param}[promotion_code]`
  const promotionCode = sandbox.store.promotionCodes.get(id, param)
  checkPromotionCode(sandbox, promotionCode, { ...terms, param })
  const draft = draftOfCoupon(sandbox, promotionCode.promotion.coupon ?? '', terms)
  return { ...draft, promotion_code: promotionCode.id }
}

function checkCoupon(coupon: Coupon, currency: string, { now, param }: {
  now: number
  param: string
}) {
  if (!isValid(coupon, now)) {
    throw refused(`Coupon expired: ${coupon.id}`, { code: 'coupon_expired', param })
  }
  if (coupon.amount_off !== null && fixedAmountOff(coupon, currency) === undefined) {
    throw refused(
      `The coupon ${coupon.id} takes off an amount in ${coupon.currency}, and cannot be applied ` +
        `to what is paid in ${currency}.`,
      { param },
    )
  }
}

function checkPromotionCode(
  sandbox: Sandbox,
  promotionCode: PromotionCode,
  { owner, currency, subtotal, param }: DiscountTerms & { param: string },
) {
  const { store, now } = sandbox
  const detail = { param }
  const coupon = store.coupons.find(promotionCode.promotion.coupon ?? '')
  if (!promotionCodeShown(promotionCode, coupon, now()).active) {
    throw refused('This promotion code is not active.', detail)
  }
  const { customer, restrictions } = promotionCode
  if (customer !== null && customer !== owner.customer) {
    throw refused('This promotion code cannot be redeemed by this customer.', detail)
  }
  const { minimum_amount: least, minimum_amount_currency: leastCurrency } = restrictions
  if (least !== null && (leastCurrency !== currency || subtotal < least)) {
    throw refused(
      'This promotion code cannot be redeemed because the minimum amount is not met.',
      detail,
    )
  }
  if (restrictions.first_time_transaction && hasPaid(sandbox, owner.customer)) {
    throw refused(
      'This promotion code cannot be redeemed because the associated customer has prior ' +
        'transactions.',
      detail,
    )
  }
}

function hasPaid({ store }: Sandbox, customer: string | null | undefined): boolean {
  if (!customer) return false
  return store.charges.toJSON().some((charge) => charge.customer === customer && charge.paid)
}

function endOf({ duration, duration_in_months: months }: Coupon, start: number): number | null {
  if (duration !== 'repeating') return null
  return periodEnd(start, { interval: 'month', interval_count: months ?? 1 })
}

function countRedemption({ store }: Sandbox, { source, promotion_code: code }: Discount) {
  const coupon = store.coupons.find(source.coupon ?? '')
  if (coupon) store.coupons.update(coupon.id, { times_redeemed: coupon.times_redeemed + 1 })
  if (code === null) return
  const promotionCode = store.promotionCodes.get(code)
  store.promotionCodes.update(code, { times_redeemed: promotionCode.times_redeemed + 1 })
}

function sumOf(amounts: DiscountAmount[] = []): number {
  return sum(amounts.map(({ amount }) => amount))
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
