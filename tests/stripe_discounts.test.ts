import { describe, expect, test } from 'vitest'
import {
  applyDiscounts,
  attachDiscounts,
  detachDiscounts,
  discountsLeft,
  draftDiscounts,
  findPromotionCode,
} from '../dev/stripe/billing/discounts.ts'
import { couponObject, discountObject, totalDiscounts } from '../dev/stripe/objects/discount.ts'
import { DEFAULT_SETTINGS } from '../dev/stripe/billing/settings.ts'
import { newId } from '../dev/stripe/ids.ts'
import type { Sandbox } from '../dev/stripe/sandbox.ts'
import { openStore } from '../dev/stripe/store.ts'
import type { Coupon, Event } from '../dev/stripe/wire.ts'
import { failure, start, typesOf } from './support/stripe.ts'

const NOW = 1_700_000_000
const DAY = 24 * 60 * 60

/** A sandbox without HTTP, in which these coupons were redeemed. */
function redeemed(coupons: Record<string, Partial<Coupon>>) {
  const sent: Event[] = []
  let now = NOW
  const sandbox: Sandbox = {
    store: openStore(undefined, () => {}),
    url: 'http://stripe.test',
    now: () => now,
    newId: (kind) => newId(kind, Math.random),
    request: null,
    billing: DEFAULT_SETTINGS,
    send: (event) => sent.push(event),
  }
  const { store } = sandbox
  const discounts = Object.entries(coupons).map(([id, coupon]) => {
    store.coupons.insert(
      couponObject({ id, created: NOW, duration: 'forever', metadata: {}, ...coupon }),
    )
    return store.discounts.insert(discountObject({
      id: `di_${id}`,
      start: NOW,
      source: { type: 'coupon', coupon: id },
    }))
  })
  return { sandbox, discounts, sent, pass: (seconds: number) => now += seconds }
}

function lines(...amounts: number[]) {
  return amounts.map((amount) => ({ amount, product: 'prod_a' }))
}

describe('applyDiscounts()', () => {
  test('takes a percentage off each line', () => {
    const { sandbox, discounts } = redeemed({ quarter: { percent_off: 25 } })
    const taken = applyDiscounts(sandbox, { lines: lines(1000, 400), discounts, currency: 'eur' })
    expect(taken).toEqual([
      [{ discount: 'di_quarter', amount: 250 }],
      [{ discount: 'di_quarter', amount: 100 }],
    ])
  })

  test('spreads an amount over the lines in proportion, to the cent', () => {
    const { sandbox, discounts } = redeemed({ ten: { amount_off: 1000, currency: 'eur' } })
    const taken = applyDiscounts(sandbox, {
      lines: lines(1000, 1000, 1000),
      discounts,
      currency: 'eur',
    })
    expect(taken.flat().map(({ amount }) => amount)).toEqual([334, 333, 333])
    expect(totalDiscounts(taken)).toEqual([{ discount: 'di_ten', amount: 1000 }])
  })

  test('rounds the whole and not each line', () => {
    const { sandbox, discounts } = redeemed({ third: { percent_off: 33.5 } })
    const taken = applyDiscounts(sandbox, { lines: lines(1, 1, 1), discounts, currency: 'eur' })
    expect(totalDiscounts(taken)).toEqual([{ discount: 'di_third', amount: 1 }])
  })

  test('never takes more than there is', () => {
    const { sandbox, discounts } = redeemed({ ten: { amount_off: 1000, currency: 'eur' } })
    const taken = applyDiscounts(sandbox, { lines: lines(300, 200), discounts, currency: 'eur' })
    expect(totalDiscounts(taken)).toEqual([{ discount: 'di_ten', amount: 500 }])
  })

  test('takes the second of two from what the first left', () => {
    const { sandbox, discounts } = redeemed({
      half: { percent_off: 50 },
      tenth: { percent_off: 10 },
    })
    const taken = applyDiscounts(sandbox, { lines: lines(1000), discounts, currency: 'eur' })
    expect(taken[0]).toEqual([
      { discount: 'di_half', amount: 500 },
      { discount: 'di_tenth', amount: 50 },
    ])
  })

  test('leaves alone other products, credits, and what is not discountable', () => {
    const { sandbox, discounts } = redeemed({
      half: { percent_off: 50, applies_to: { products: ['prod_a'] } },
    })
    const taken = applyDiscounts(sandbox, {
      lines: [
        { amount: 1000, product: 'prod_a' },
        { amount: 1000, product: 'prod_b' },
        { amount: 1000, product: null },
        { amount: -1000, product: 'prod_a' },
        { amount: 1000, product: 'prod_a', discountable: false },
      ],
      discounts,
      currency: 'eur',
    })
    expect(taken).toEqual([[{ discount: 'di_half', amount: 500 }], [], [], [], []])
  })

  test('takes the amount of the currency that is paid in', () => {
    const { sandbox, discounts } = redeemed({
      off: { amount_off: 500, currency: 'eur', currency_options: { usd: { amount_off: 600 } } },
    })
    const inDollars = applyDiscounts(sandbox, { lines: lines(1000), discounts, currency: 'usd' })
    const inYen = applyDiscounts(sandbox, { lines: lines(1000), discounts, currency: 'jpy' })
    expect(totalDiscounts(inDollars)).toEqual([{ discount: 'di_off', amount: 600 }])
    expect(totalDiscounts(inYen)).toEqual([{ discount: 'di_off', amount: 0 }])
  })
})

describe('the life of a discount', () => {
  const terms = { owner: { customer: 'cus_1', subscription: 'sub_1' }, currency: 'eur' }

  test('once: the first invoice has it, the next does not', () => {
    const { sandbox } = redeemed({ half: { percent_off: 50, duration: 'once' } })
    const [discount] = attachDiscounts(sandbox, [{ coupon: 'half' }], { ...terms, subtotal: 1000 })
    expect(discount).toMatchObject({ customer: 'cus_1', subscription: 'sub_1', end: null })
    expect(discountsLeft(sandbox, [discount?.id ?? ''])).toEqual([])
  })

  test('repeating: ends after its months, by the clock', () => {
    const { sandbox, pass } = redeemed({
      half: { percent_off: 50, duration: 'repeating', duration_in_months: 2 },
    })
    const discounts = attachDiscounts(sandbox, [{ coupon: 'half' }], { ...terms, subtotal: 1000 })
    const ids = discounts.map(({ id }) => id)
    const taken = () =>
      applyDiscounts(sandbox, { lines: lines(1000), discounts, currency: 'eur' }).flat().length
    pass(50 * DAY)
    expect(taken()).toBe(1)
    expect(discountsLeft(sandbox, ids)).toEqual(ids)
    pass(15 * DAY)
    expect(taken()).toBe(0)
    expect(discountsLeft(sandbox, ids)).toEqual([])
  })

  test('forever: stays until it is taken away, and both are told', () => {
    const { sandbox, sent, pass } = redeemed({ half: { percent_off: 50 } })
    const discounts = attachDiscounts(sandbox, [{ coupon: 'half' }], { ...terms, subtotal: 1000 })
    const ids = discounts.map(({ id }) => id)
    pass(4000 * DAY)
    expect(discountsLeft(sandbox, ids)).toEqual(ids)
    detachDiscounts(sandbox, ids)
    detachDiscounts(sandbox, ids)
    expect(discountsLeft(sandbox, ids)).toEqual([])
    expect(sent.map(({ type }) => type)).toEqual([
      'customer.discount.created',
      'customer.discount.deleted',
    ])
  })

  test('a draft is not counted, a redeemed one is', () => {
    const { sandbox } = redeemed({ two: { percent_off: 50, max_redemptions: 2 } })
    const attach = () =>
      attachDiscounts(sandbox, [{ coupon: 'two' }], { ...terms, subtotal: 1000 })[0]
    draftDiscounts(sandbox, [{ coupon: 'two' }], { ...terms, subtotal: 1000 })
    attach()
    const kept = attach()
    expect(sandbox.store.coupons.get('two').times_redeemed).toBe(2)
    expect(attach).toThrow('Coupon expired: two')
    const again = attachDiscounts(sandbox, [{ discount: kept?.id ?? '' }], {
      ...terms,
      subtotal: 1000,
    })
    expect(again).toEqual([kept])
  })

  test('an amount in another currency is refused', () => {
    const { sandbox } = redeemed({ off: { amount_off: 500, currency: 'usd' } })
    expect(() => draftDiscounts(sandbox, [{ coupon: 'off' }], { ...terms, subtotal: 1 }))
      .toThrow('takes off an amount in usd')
  })
})

describe('coupons', () => {
  test('are created, changed, listed and deleted, and tell so', async () => {
    const { stripe, emulator } = start()
    const created = await stripe.coupons.create({ percent_off: 12.5, duration: 'once' })
    expect(created).toMatchObject({ percent_off: 12.5, valid: true, times_redeemed: 0 })
    const named = await stripe.coupons.update(created.id, { name: 'Spring', metadata: { a: '1' } })
    expect(named).toMatchObject({ name: 'Spring', metadata: { a: '1' } })
    expect((await stripe.coupons.list()).data).toEqual([named])
    expect(await stripe.coupons.del(created.id)).toMatchObject({ deleted: true })
    expect(await failure(stripe.coupons.retrieve(created.id))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    })
    expect(typesOf(emulator)).toEqual(['coupon.created', 'coupon.updated', 'coupon.deleted'])
  })

  test('tell their products and currencies only where expanded', async () => {
    const { stripe } = start()
    const { id: product } = await stripe.products.create({ name: 'Paper' })
    const { id } = await stripe.coupons.create({
      id: 'SAVE5',
      amount_off: 500,
      currency: 'EUR',
      currency_options: { usd: { amount_off: 600 } },
      applies_to: { products: [product] },
      duration: 'forever',
    })
    const plain = await stripe.coupons.retrieve(id)
    expect(plain).toMatchObject({ id: 'SAVE5', amount_off: 500, currency: 'eur' })
    expect(plain).not.toHaveProperty('applies_to')
    expect(plain).not.toHaveProperty('currency_options')
    expect(await stripe.coupons.retrieve(id, { expand: ['applies_to', 'currency_options'] }))
      .toMatchObject({
        applies_to: { products: [product] },
        currency_options: { usd: { amount_off: 600 } },
      })
    expect(await stripe.coupons.list({ expand: ['data.applies_to'] }))
      .toMatchObject({ data: [{ applies_to: { products: [product] } }] })
  })

  test('without products expand to none', async () => {
    const { stripe } = start()
    const { id } = await stripe.coupons.create({ percent_off: 10 })
    expect(await stripe.coupons.retrieve(id, { expand: ['applies_to'] }))
      .not.toHaveProperty('applies_to')
  })

  test('are not valid after redeem_by', async () => {
    const { stripe, clock } = start()
    const redeemBy = Math.floor(clock.now().getTime() / 1000) + DAY
    const { id } = await stripe.coupons.create({ percent_off: 10, redeem_by: redeemBy })
    clock.advance(DAY * 1000)
    expect((await stripe.coupons.retrieve(id)).valid).toBe(false)
    expect(await failure(stripe.promotionCodes.create({ promotion: promotion(id) })))
      .toMatchObject({ code: 'coupon_expired', param: 'promotion[coupon]' })
  })

  test.each([
    [{}, undefined],
    [{ percent_off: 10, amount_off: 100 }, undefined],
    [{ percent_off: 0 }, 'percent_off'],
    [{ percent_off: 101 }, 'percent_off'],
    [{ amount_off: 100 }, 'currency'],
    [{ amount_off: 0, currency: 'eur' }, 'amount_off'],
    [{ percent_off: 10, currency_options: { usd: { amount_off: 1 } } }, 'currency_options'],
    [{ percent_off: 10, duration: 'repeating' }, 'duration_in_months'],
    [{ percent_off: 10, duration_in_months: 3 }, 'duration_in_months'],
    [{ percent_off: 10, duration: 'repeating', duration_in_months: 0 }, 'duration_in_months'],
    [{ percent_off: 10, max_redemptions: 0 }, 'max_redemptions'],
    [{ percent_off: 10, redeem_by: 1 }, 'redeem_by'],
    [{ percent_off: 10, applies_to: { products: ['prod_no'] } }, 'applies_to[products][0]'],
  ])('refuses %o', async (params, param) => {
    const { stripe } = start()
    expect(await failure(stripe.coupons.create(params)))
      .toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError', param })
  })

  test('has each id once', async () => {
    const { stripe } = start()
    await stripe.coupons.create({ id: 'A', percent_off: 10 })
    expect(await failure(stripe.coupons.create({ id: 'A', percent_off: 10 })))
      .toMatchObject({ code: 'resource_already_exists', param: 'id' })
  })
})

describe('promotion codes', () => {
  test('are made for a coupon, found by code, and switched off', async () => {
    const { stripe, emulator } = start()
    const coupon = await stripe.coupons.create({ percent_off: 10 })
    const made = await stripe.promotionCodes.create({ promotion: promotion(coupon.id) })
    expect(made).toMatchObject({ active: true, promotion: promotion(coupon.id) })
    expect(made.code).toMatch(/^[A-Z0-9]{8}$/)
    const given = await stripe.promotionCodes.create({
      promotion: promotion(coupon.id),
      code: 'Spring-26',
      expand: ['promotion.coupon'],
    })
    expect(given.promotion.coupon).toEqual(coupon)
    expect((await stripe.promotionCodes.list({ code: 'SPRING-26' })).data).toHaveLength(1)
    const off = await stripe.promotionCodes.update(given.id, { active: false })
    expect(off.active).toBe(false)
    expect((await stripe.promotionCodes.list({ active: true })).data).toEqual([made])
    expect(typesOf(emulator).filter((type) => type.startsWith('promotion_code'))).toEqual([
      'promotion_code.created',
      'promotion_code.created',
      'promotion_code.updated',
    ])
  })

  test('cannot mean two things at once, in whatever case', async () => {
    const { stripe } = start()
    const { id } = await stripe.coupons.create({ percent_off: 10 })
    const [ada, bob] = [await stripe.customers.create(), await stripe.customers.create()]
    const create = (code: string, customer?: string) =>
      stripe.promotionCodes.create({
        promotion: promotion(id),
        code,
        ...(customer !== undefined && { customer }),
      })
    const first = await create('SPRING', ada.id)
    await create('spring', bob.id)
    expect(await failure(create('Spring'))).toMatchObject({
      code: 'resource_already_exists',
      param: 'code',
      message: 'An active promotion code with `code: Spring` already exists.',
    })
    await stripe.promotionCodes.update(first.id, { active: false })
    await create('spring', ada.id)
    expect(await failure(stripe.promotionCodes.update(first.id, { active: true })))
      .toMatchObject({ code: 'resource_already_exists' })
  })

  test('are inactive once expired, used up, or without their coupon', async () => {
    const { stripe, clock } = start()
    const { id } = await stripe.coupons.create({ percent_off: 10 })
    const now = Math.floor(clock.now().getTime() / 1000)
    const expiring = await stripe.promotionCodes.create({
      promotion: promotion(id),
      expires_at: now + 60,
    })
    clock.advance(60_000)
    expect((await stripe.promotionCodes.retrieve(expiring.id)).active).toBe(false)
    const lasting = await stripe.promotionCodes.create({ promotion: promotion(id) })
    await stripe.coupons.del(id)
    expect((await stripe.promotionCodes.retrieve(lasting.id)).active).toBe(false)
    expect(await stripe.promotionCodes.retrieve(lasting.id, { expand: ['promotion.coupon'] }))
      .toMatchObject({ promotion: { coupon: { id, valid: false } } })
  })

  test.each(
    [
      [{ promotion: { type: 'coupon' } }, 'promotion[coupon]', 'parameter_missing'],
      [{ promotion: promotion('none') }, 'promotion[coupon]', 'resource_missing'],
      [{ code: 'a b' }, 'code', undefined],
      [{ customer: 'cus_no' }, 'customer', 'resource_missing'],
      [{ expires_at: 1 }, 'expires_at', undefined],
      [{ max_redemptions: 6 }, 'max_redemptions', undefined],
      [{ restrictions: { minimum_amount: 5 } }, 'restrictions[minimum_amount]', undefined],
    ] as const,
  )('refuse %o', async (params, param, code) => {
    const { stripe } = start()
    await stripe.coupons.create({ id: 'C', percent_off: 10, max_redemptions: 5 })
    expect(await failure(stripe.promotionCodes.create({ promotion: promotion('C'), ...params })))
      .toMatchObject({ statusCode: 400, param, code })
  })

  test('hold their restrictions against who redeems them', () => {
    const { sandbox } = redeemed({ half: { percent_off: 50 } })
    const terms = { owner: { customer: 'cus_1' }, currency: 'eur', subtotal: 999 }
    const { store } = sandbox
    store.promotionCodes.insert({
      id: 'promo_1',
      object: 'promotion_code',
      active: true,
      code: 'HALF',
      created: NOW,
      customer: 'cus_1',
      customer_account: null,
      expires_at: null,
      livemode: false,
      max_redemptions: null,
      metadata: {},
      promotion: { type: 'coupon', coupon: 'half' },
      restrictions: {
        first_time_transaction: false,
        minimum_amount: 1000,
        minimum_amount_currency: 'eur',
      },
      times_redeemed: 0,
    })
    const attach = (changes: Partial<typeof terms>) =>
      attachDiscounts(sandbox, [{ promotion_code: 'promo_1' }], { ...terms, ...changes })
    expect(() => attach({})).toThrow('minimum amount')
    expect(() => attach({ subtotal: 1000, currency: 'usd' })).toThrow('minimum amount')
    expect(() => attach({ subtotal: 1000, owner: { customer: 'cus_2' } })).toThrow('this customer')
    expect(attach({ subtotal: 1000 })).toMatchObject([{
      promotion_code: 'promo_1',
      source: { coupon: 'half' },
    }])
    expect(store.promotionCodes.get('promo_1').times_redeemed).toBe(1)
    expect(findPromotionCode(sandbox, ' half ')?.id).toBe('promo_1')
    store.promotionCodes.update('promo_1', { active: false })
    expect(findPromotionCode(sandbox, 'half')).toBeUndefined()
    expect(() => attach({ subtotal: 1000 })).toThrow('not active')
  })
})

function promotion(coupon: string) {
  return { type: 'coupon' as const, coupon }
}
