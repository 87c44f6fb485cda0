import { Hono } from 'hono'
import type Stripe from 'stripe'
import { ParameterFailure, refused } from '../errors.ts'
import { answer, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { couponObject, couponShown } from '../objects/discount.ts'
import { operation, type ParamsOf } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Coupon } from '../wire.ts'

export function couponRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateCoupon)
      return answer(c, createCoupon(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.coupons,
        list: ListCoupons,
        retrieve: RetrieveCoupon,
        shown: (coupon, { now }) => couponShown(coupon, now()),
      }),
    )
    .post('/:id', async (c) => {
      const params = await read(c, UpdateCoupon)
      const { store, now } = c.var.sandbox
      const former = store.coupons.get(c.req.param('id'))
      const coupon = store.coupons.update(former.id, changesOf(former, params))
      const shown = couponShown(coupon, now())
      emit(c.var.sandbox, 'coupon.updated', shown, couponShown(former, now()))
      return answer(c, shown)
    })
    .delete('/:id', async (c) => {
      await read(c, DeleteCoupon)
      const { store, now } = c.var.sandbox
      const coupon = store.coupons.get(c.req.param('id'))
      store.coupons.delete(coupon.id)
      const deleted = store.deletedCoupons.insert({ ...coupon, valid: false })
      emit(c.var.sandbox, 'coupon.deleted', couponShown(deleted, now()))
      return answer(c, { id: coupon.id, object: 'coupon', deleted: true })
    })
}

const CreateCoupon = operation<Stripe.CouponCreateParams>('POST /v1/coupons').follows('all')
const UpdateCoupon = operation<Stripe.CouponUpdateParams>('POST /v1/coupons/{id}').follows('all')
const ListCoupons = operation<Stripe.CouponListParams>('GET /v1/coupons').follows('all')
const RetrieveCoupon = operation<Stripe.CouponRetrieveParams>('GET /v1/coupons/{id}').follows('all')
const DeleteCoupon = operation<Stripe.CouponDeleteParams>('DELETE /v1/coupons/{id}').follows('all')

function createCoupon(sandbox: Sandbox, params: ParamsOf<typeof CreateCoupon>): Coupon {
  const { store, newId, now } = sandbox
  checkValue(params)
  checkDuration(params)
  checkLimits(sandbox, params)
  const { metadata, applies_to, currency_options, duration = 'once', ...fields } = params
  const { id = newId('coupon') } = params
  if (store.coupons.find(id)) {
    throw refused('Coupon already exists.', { code: 'resource_already_exists', param: 'id' })
  }
  const coupon = store.coupons.insert(couponObject({
    ...fields,
    ...(applies_to?.products && { applies_to: { products: applies_to.products } }),
    ...(currency_options && { currency_options }),
    id,
    created: now(),
    duration,
    metadata: mergeMetadata({}, metadata),
  }))
  const shown = couponShown(coupon, now())
  emit(sandbox, 'coupon.created', shown)
  return shown
}

function checkValue(params: ParamsOf<typeof CreateCoupon>) {
  const { amount_off: amount, percent_off: percent, currency, currency_options: options } = params
  if ((amount === undefined) === (percent === undefined)) {
    throw new ParameterFailure('You must pass exactly one of: percent_off, amount_off.')
  }
  if (percent !== undefined && (percent <= 0 || percent > 100)) {
    throw new ParameterFailure('Percent off must be greater than 0 and at most 100.', {
      param: 'percent_off',
    })
  }
  if (amount !== undefined && amount < 1) throw notPositive('amount_off')
  if (amount !== undefined && currency === undefined) {
    throw new ParameterFailure('You must pass currency when passing amount_off.', {
      code: 'parameter_missing',
      param: 'currency',
    })
  }
  if (percent !== undefined && options !== undefined) {
    throw new ParameterFailure('You may only pass currency_options together with amount_off.', {
      param: 'currency_options',
    })
  }
}

function checkDuration({ duration, duration_in_months: months }: ParamsOf<typeof CreateCoupon>) {
  const param = 'duration_in_months'
  if (duration === 'repeating' && months === undefined) {
    throw new ParameterFailure('You must pass duration_in_months when duration is repeating.', {
      code: 'parameter_missing',
      param,
    })
  }
  if (duration !== 'repeating' && months !== undefined) {
    throw new ParameterFailure('You may only pass duration_in_months when duration is repeating.', {
      param,
    })
  }
  if (months !== undefined && months < 1) throw notPositive(param)
}

function checkLimits({ store, now }: Sandbox, params: ParamsOf<typeof CreateCoupon>) {
  const { max_redemptions: most, redeem_by: end, applies_to } = params
  if (most !== undefined && most < 1) throw notPositive('max_redemptions')
  if (end !== undefined && end <= now()) {
    throw new ParameterFailure('redeem_by must be in the future.', { param: 'redeem_by' })
  }
  for (const [index, product] of (applies_to?.products ?? []).entries()) {
    store.products.get(product, `applies_to[products][${index}]`)
  }
}

function notPositive(param: string) {
  return new ParameterFailure('This value must be greater than or equal to 1.', {
    code: 'parameter_invalid_integer',
    param,
  })
}

function changesOf(former: Coupon, params: ParamsOf<typeof UpdateCoupon>): Partial<Coupon> {
  const { name, metadata, currency_options: options } = params
  if (options !== undefined && former.amount_off === null) {
    throw refused('Only a coupon with amount_off has currency_options.', {
      param: 'currency_options',
    })
  }
  return {
    ...(name !== undefined && { name }),
    ...(options && { currency_options: { ...former.currency_options, ...options } }),
    metadata: mergeMetadata(former.metadata ?? {}, metadata),
  }
}
