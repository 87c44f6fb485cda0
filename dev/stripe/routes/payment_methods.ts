import { Hono } from 'hono'
import type Stripe from 'stripe'
import { missing, ParameterFailure, refused } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { addressObject } from '../objects/address.ts'
import { EMPTY_BILLING_DETAILS } from '../objects/payment_method.ts'
import { type Given, notFollowed, operation, type ParamsOf } from '../openapi/operation.ts'
import {
  attachMethod,
  detachMethod,
  enterMethod,
  knownTestMethod,
  methodOfId,
  refuseCardNumber,
  unknownAccount,
} from '../payments/methods.ts'
import { type TestMethod, testMethodOfNumber } from '../payments/test_methods.ts'
import { reading } from '../resource.ts'
import { emit, type StripeEnv } from '../sandbox.ts'
import type { PaymentMethod } from '../wire.ts'

export function paymentMethodRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreatePaymentMethod)
      const method = enterMethod(c.var.sandbox, enteredMethod(params), {
        ...(params.allow_redisplay !== undefined && { allow_redisplay: params.allow_redisplay }),
        billing_details: billingDetails(EMPTY_BILLING_DETAILS, params.billing_details),
        metadata: mergeMetadata({}, params.metadata),
      })
      return answer(c, method)
    })
    .route(
      '/',
      reading({
        rows: (store) => store.paymentMethods,
        list: ListPaymentMethods,
        isListed: (method, params) =>
          matches(params.customer, method.customer ?? undefined) &&
          matches(params.type, method.type) &&
          matches(params.allow_redisplay, method.allow_redisplay),
        retrieve: RetrievePaymentMethod,
      }),
    )
    .post('/:id', async (c) => {
      const { metadata, billing_details: billing, ...params } = await read(c, UpdatePaymentMethod)
      const { store } = c.var.sandbox
      const former = store.paymentMethods.get(c.req.param('id'))
      if (former.customer === null) {
        throw refused('You must save this PaymentMethod to a customer before you can update it.')
      }
      const method = store.paymentMethods.update(former.id, {
        allow_redisplay: params.allow_redisplay ?? former.allow_redisplay,
        billing_details: billingDetails(former.billing_details, billing),
        ...changedDetails(former, params),
        metadata: mergeMetadata(former.metadata ?? {}, metadata),
      })
      emit(c.var.sandbox, 'payment_method.updated', method, former)
      return answer(c, method)
    })
    .post('/:id/attach', async (c) => {
      const { customer: id } = await read(c, AttachPaymentMethod)
      const { sandbox } = c.var
      if (id === undefined) throw missing('customer')
      const customer = sandbox.store.customers.get(id, 'customer')
      return answer(c, attachMethod(sandbox, methodOfId(sandbox, c.req.param('id')), customer))
    })
    .post('/:id/detach', async (c) => {
      await read(c, DetachPaymentMethod)
      const method = c.var.sandbox.store.paymentMethods.get(c.req.param('id'))
      return answer(c, detachMethod(c.var.sandbox, method))
    })
}

const CreatePaymentMethod = operation<Stripe.PaymentMethodCreateParams>('POST /v1/payment_methods')
  .follows(
    [
      'allow_redisplay',
      'bacs_debit',
      'billing_details',
      'card',
      'metadata',
      'sepa_debit',
      'type',
      'us_bank_account',
    ],
    ['card.networks', 'us_bank_account.financial_connections_account'],
  )
const ListPaymentMethods = operation<Stripe.PaymentMethodListParams>('GET /v1/payment_methods')
  .follows([
    'allow_redisplay',
    'customer',
    'ending_before',
    'limit',
    'starting_after',
    'type',
  ])
const RetrievePaymentMethod = operation<Stripe.PaymentMethodRetrieveParams>(
  'GET /v1/payment_methods/{id}',
).follows('all')
const UpdatePaymentMethod = operation<Stripe.PaymentMethodUpdateParams>(
  'POST /v1/payment_methods/{id}',
).follows(
  ['allow_redisplay', 'billing_details', 'card', 'metadata', 'us_bank_account'],
  ['card.networks'],
)
const AttachPaymentMethod = operation<Stripe.PaymentMethodAttachParams>(
  'POST /v1/payment_methods/{id}/attach',
).follows(['customer'])
const DetachPaymentMethod = operation<Stripe.PaymentMethodDetachParams>(
  'POST /v1/payment_methods/{id}/detach',
).follows('all')

/** The test method that a request describes by a token, or by the number of a bank account. */
function enteredMethod(params: ParamsOf<typeof CreatePaymentMethod>): TestMethod {
  const { type, card, sepa_debit: sepa, bacs_debit: bacs, us_bank_account: bank } = params
  switch (type) {
    case 'card':
      if (!card) throw missing('card')
      if (!('token' in card) || card.token === undefined) throw refuseCardNumber()
      return knownTestMethod(card.token, 'card[token]')
    case 'sepa_debit':
      return testAccount(type, sepa?.iban, 'sepa_debit[iban]')
    case 'bacs_debit':
      return testAccount(type, bacs?.account_number, 'bacs_debit[account_number]')
    case 'us_bank_account':
      return testAccount(type, bank?.account_number, 'us_bank_account[account_number]')
    case undefined:
      throw missing('type')
    default:
      throw notFollowed('type')
  }
}

function testAccount(
  type: 'bacs_debit' | 'sepa_debit' | 'us_bank_account',
  number: string | undefined,
  param: string,
): TestMethod {
  if (number === undefined) throw missing(param)
  const found = testMethodOfNumber(type, number)
  if (!found) throw unknownAccount(param)
  return found
}

function billingDetails(
  former: PaymentMethod['billing_details'],
  given: Given<Stripe.PaymentMethodUpdateParams.BillingDetails> | undefined,
): PaymentMethod['billing_details'] {
  if (!given) return former
  const { address, ...fields } = given
  return {
    ...former,
    ...fields,
    ...(address !== undefined && { address: address && addressObject(address) }),
  }
}

/** What can change of a card or an account that stays the same. */
function changedDetails(
  { card, us_bank_account: bank }: PaymentMethod,
  params: ParamsOf<typeof UpdatePaymentMethod>,
): Partial<PaymentMethod> {
  if (params.card && !card) throw wrongType('card')
  if (params.us_bank_account && !bank) throw wrongType('us_bank_account')
  return {
    ...(card && {
      card: {
        ...card,
        exp_month: params.card?.exp_month ?? card.exp_month,
        exp_year: params.card?.exp_year ?? card.exp_year,
      },
    }),
    ...(bank && { us_bank_account: { ...bank, ...params.us_bank_account } }),
  }
}

function wrongType(param: string) {
  return new ParameterFailure(`You cannot update ${param} on a PaymentMethod of another type.`, {
    param,
  })
}
