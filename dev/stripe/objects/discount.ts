import type { Coupon, DeletedDiscount, Discount, PromotionCode } from '../wire.ts'

export function couponObject(
  coupon: Pick<Coupon, 'id' | 'created' | 'duration' | 'metadata'> & Partial<Coupon>,
): Coupon {
  return {
    object: 'coupon',
    amount_off: null,
    currency: null,
    duration_in_months: null,
    livemode: false,
    max_redemptions: null,
    name: null,
    percent_off: null,
    redeem_by: null,
    times_redeemed: 0,
    valid: true,
    ...coupon,
  }
}

/** The coupon as an answer tells it at this time: what needs `expand` is left out. */
export function couponShown(coupon: Coupon, now: number): Coupon {
  const { applies_to: _products, currency_options: _options, ...shown } = coupon
  return { ...shown, valid: isValid(coupon, now) }
}

/** Whether somebody can still redeem the coupon. */
export function isValid(coupon: Coupon, now: number): boolean {
  return coupon.valid && !isUsedUp(coupon) && !isOver(coupon.redeem_by, now)
}

export function promotionCodeObject(
  promotionCode:
    & Pick<PromotionCode, 'id' | 'code' | 'created' | 'metadata' | 'promotion' | 'restrictions'>
    & Partial<PromotionCode>,
): PromotionCode {
  return {
    object: 'promotion_code',
    active: true,
    customer: null,
    customer_account: null,
    expires_at: null,
    livemode: false,
    max_redemptions: null,
    times_redeemed: 0,
    ...promotionCode,
  }
}

/** The code as an answer tells it at this time; a code whose coupon was deleted is not active. */
export function promotionCodeShown(
  promotionCode: PromotionCode,
  coupon: Coupon | undefined,
  now: number,
): PromotionCode {
  const active = promotionCode.active && !isUsedUp(promotionCode) &&
    !isOver(promotionCode.expires_at, now) && coupon !== undefined && isValid(coupon, now)
  return { ...promotionCode, active }
}

export function discountObject(
  discount: Pick<Discount, 'id' | 'source' | 'start'> & Partial<Discount>,
): Discount {
  return {
    object: 'discount',
    checkout_session: null,
    customer: null,
    customer_account: null,
    end: null,
    invoice: null,
    invoice_item: null,
    promotion_code: null,
    subscription: null,
    subscription_item: null,
    ...discount,
  }
}

export function deletedDiscountObject({ end: _end, ...discount }: Discount): DeletedDiscount {
  return { ...discount, deleted: true }
}

function isUsedUp(
  { max_redemptions: most, times_redeemed: times }: Pick<
    Coupon,
    'max_redemptions' | 'times_redeemed'
  >,
): boolean {
  return most !== null && times >= most
}

function isOver(end: number | null, now: number): boolean {
  return end !== null && end <= now
}

/** What a discount takes off a line or a whole; in minor units. */
export interface DiscountAmount {
  /** the discount's id */
  discount: string
  amount: number
}

/** What is taken off all lines together, by discount. */
export function totalDiscounts(taken: DiscountAmount[][]): DiscountAmount[] {
  const totals = new Map<string, number>()
  for (const { discount, amount } of taken.flat()) {
    totals.set(discount, (totals.get(discount) ?? 0) + amount)
  }
  return [...totals].map(([discount, amount]) => ({ discount, amount }))
}
