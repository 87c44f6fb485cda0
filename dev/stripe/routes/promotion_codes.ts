import { Hono } from 'hono'
import type Stripe from 'stripe'
import { missing, ParameterFailure, refused } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { isValid, promotionCodeObject, promotionCodeShown } from '../objects/discount.ts'
import { operation, type ParamsOf } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { Coupon, PromotionCode } from '../wire.ts'

export function promotionCodeRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreatePromotionCode)
      return answer(c, createPromotionCode(c.var.sandbox, params))
    })
    .route(
      '/',
      reading({
        rows: (store) => store.promotionCodes,
        list: ListPromotionCodes,
        isListed: (promotionCode, params, sandbox) =>
          matches(params.active, shown(promotionCode, sandbox).active) &&
          matches(params.code?.toLowerCase(), promotionCode.code.toLowerCase()) &&
          matches(params.coupon, promotionCode.promotion.coupon ?? undefined) &&
          matches(params.customer, promotionCode.customer ?? undefined),
        retrieve: RetrievePromotionCode,
        shown,
      }),
    )
    .post('/:id', async (c) => {
      const { active, metadata } = await read(c, UpdatePromotionCode)
      const { sandbox } = c.var
      const former = sandbox.store.promotionCodes.get(c.req.param('id'))
      if (active && !former.active) checkRevival(sandbox, former)
      const updated = sandbox.store.promotionCodes.update(former.id, {
        ...(active !== undefined && { active }),
        metadata: mergeMetadata(former.metadata ?? {}, metadata),
      })
      const answered = shown(updated, sandbox)
      emit(sandbox, 'promotion_code.updated', answered, shown(former, sandbox))
      return answer(c, answered)
    })
}

const OTHER_CURRENCIES = 'restrictions.currency_options'

const CreatePromotionCode = operation<Stripe.PromotionCodeCreateParams>('POST /v1/promotion_codes')
  .follows([
    'active',
    'code',
    'customer',
    'expires_at',
    'max_redemptions',
    'metadata',
    'promotion',
    'restrictions',
  ], [OTHER_CURRENCIES])
const UpdatePromotionCode = operation<Stripe.PromotionCodeUpdateParams>(
  'POST /v1/promotion_codes/{id}',
).follows(['active', 'metadata'])
const ListPromotionCodes = operation<Stripe.PromotionCodeListParams>('GET /v1/promotion_codes')
  .follows([
    'active',
    'code',
    'coupon',
    'created',
    'customer',
    'ending_before',
    'limit',
    'starting_after',
  ])
const RetrievePromotionCode = operation<Stripe.PromotionCodeRetrieveParams>(
  'GET /v1/promotion_codes/{id}',
).follows('all')

function shown(promotionCode: PromotionCode, { store, now }: Sandbox): PromotionCode {
  const coupon = store.coupons.find(promotionCode.promotion.coupon ?? '')
  return promotionCodeShown(promotionCode, coupon, now())
}

function createPromotionCode(
  sandbox: Sandbox,
  params: ParamsOf<typeof CreatePromotionCode>,
): PromotionCode {
  const { store, newId, now } = sandbox
  const coupon = couponOf(sandbox, params)
  checkLimits(params, coupon, now())
  if (params.customer !== undefined) store.customers.get(params.customer, 'customer')
  const { code = newId('promotion_code_text').toUpperCase() } = params
  checkCode(sandbox, code, params.customer ?? null)
  const created = store.promotionCodes.insert(promotionCodeObject({
    id: newId('promotion_code'),
    active: params.active ?? true,
    code,
    created: now(),
    customer: params.customer ?? null,
    expires_at: params.expires_at ?? null,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata({}, params.metadata),
    promotion: { type: 'coupon', coupon: coupon.id },
    restrictions: restrictionsOf(params),
  }))
  const answered = shown(created, sandbox)
  emit(sandbox, 'promotion_code.created', answered)
  return answered
}

function couponOf(
  { store, now }: Sandbox,
  { promotion }: ParamsOf<typeof CreatePromotionCode>,
): Coupon {
  const param = 'promotion[coupon]'
  if (promotion.coupon === undefined) throw missing(param)
  const coupon = store.coupons.get(promotion.coupon, param)
  if (isValid(coupon, now())) return coupon
  throw refused(`Coupon expired: ${coupon.id}`, { code: 'coupon_expired', param })
}

function checkLimits(params: ParamsOf<typeof CreatePromotionCode>, coupon: Coupon, now: number) {
  const { expires_at: end, max_redemptions: most } = params
  if (end !== undefined && end <= now) {
    throw refused('expires_at must be in the future.', { param: 'expires_at' })
  }
  if (end !== undefined && coupon.redeem_by !== null && end > coupon.redeem_by) {
    throw refused('expires_at cannot be after the coupon’s redeem_by.', { param: 'expires_at' })
  }
  if (most !== undefined && most < 1) {
    throw new ParameterFailure('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: 'max_redemptions',
    })
  }
  if (most !== undefined && coupon.max_redemptions !== null && most > coupon.max_redemptions) {
    throw refused('max_redemptions cannot be more than the coupon’s max_redemptions.', {
      param: 'max_redemptions',
    })
  }
}

/** Whoever types a code must not be able to mean two of them. */
function checkCode({ store, now }: Sandbox, code: string, customer: string | null) {
  if (!/^[a-zA-Z0-9-]{1,500}$/.test(code)) {
    throw refused('A code can have the characters a-z, A-Z, 0-9 and dashes.', { param: 'code' })
  }
  const taken = store.promotionCodes.toJSON().some((other) =>
    other.code.toLowerCase() === code.toLowerCase() &&
    (other.customer === null || customer === null || other.customer === customer) &&
    promotionCodeShown(other, store.coupons.find(other.promotion.coupon ?? ''), now()).active
  )
  if (taken) {
    throw refused(`An active promotion code with \`code: ${code}\` already exists.`, {
      code: 'resource_already_exists',
      param: 'code',
    })
  }
}

function restrictionsOf(
  { restrictions = {} }: ParamsOf<typeof CreatePromotionCode>,
): PromotionCode['restrictions'] {
  const { first_time_transaction: first = false } = restrictions
  const { minimum_amount: amount, minimum_amount_currency: currency } = restrictions
  if ((amount === undefined) !== (currency === undefined)) {
    throw new ParameterFailure(
      'You must pass minimum_amount and minimum_amount_currency together.',
      { param: 'restrictions[minimum_amount]' },
    )
  }
  return {
    first_time_transaction: first,
    minimum_amount: amount ?? null,
    minimum_amount_currency: currency ?? null,
  }
}

/** A code that was switched off comes back only while it could be redeemed. */
function checkRevival(sandbox: Sandbox, former: PromotionCode) {
  checkCode(sandbox, former.code, former.customer)
  if (shown({ ...former, active: true }, sandbox).active) return
  throw refused('This promotion code cannot be made active: it has expired or is used up.', {
    param: 'active',
  })
}
