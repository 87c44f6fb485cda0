import { expect, test } from 'vitest'
import { failure, openSession, type Setup, start, typesOf } from './support/stripe.ts'

/** A payment of €20.00 with this test method. */
async function paid({ stripe }: Pick<Setup, 'stripe'>, method = 'pm_card_visa') {
  const intent = await stripe.paymentIntents.create({
    amount: 2000,
    currency: 'eur',
    payment_method: method,
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  })
  return { intent: intent.id, charge: String(intent.latest_charge) }
}

test('a retried refund is given once, and its metadata can be changed', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { intent } = await paid(setup)
  const once = { idempotencyKey: 'refund:1' }
  const params = { payment_intent: intent, amount: 500, reason: 'requested_by_customer' } as const
  const refund = await stripe.refunds.create(params, once)
  expect(refund).toMatchObject({ status: 'succeeded', reason: 'requested_by_customer' })
  expect((await stripe.refunds.create(params, once)).id).toBe(refund.id)
  expect(await failure(stripe.refunds.create({ ...params, amount: 600 }, once)))
    .toMatchObject({ type: 'StripeIdempotencyError' })
  expect((await stripe.refunds.list({ payment_intent: intent })).data).toHaveLength(1)
  expect(await stripe.refunds.update(refund.id, { metadata: { ticket: '7' } }))
    .toMatchObject({ metadata: { ticket: '7' } })
  expect(emulator.events.at(-1)).toMatchObject({
    type: 'refund.updated',
    data: { previous_attributes: { metadata: { ticket: null } } },
  })
  expect(await failure(stripe.refunds.cancel(refund.id)))
    .toMatchObject({ message: expect.stringContaining('requires_action') })
})

test('what was not paid, not captured or given back cannot be refunded', async () => {
  const setup = start()
  const { stripe } = setup
  const { intent, charge } = await paid(setup)
  expect(await failure(stripe.refunds.create({ charge, amount: 0 }))).toMatchObject({
    param: 'amount',
  })
  await stripe.refunds.create({ charge })
  expect(await failure(stripe.refunds.create({ payment_intent: intent })))
    .toMatchObject({ code: 'charge_already_refunded' })
  const held = await stripe.paymentIntents.create({
    amount: 2000,
    currency: 'eur',
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
    confirm: true,
    return_url: 'https://shop.test/return',
  })
  expect(await failure(stripe.refunds.create({ payment_intent: held.id })))
    .toMatchObject({ param: 'payment_intent' })
  await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1500 })
  expect(await failure(stripe.refunds.create({ payment_intent: held.id, amount: 1501 })))
    .toMatchObject({ param: 'amount' })
  expect(await stripe.refunds.create({ payment_intent: held.id })).toMatchObject({ amount: 1500 })
})

test.each([['pm_card_pendingRefund', 're_3'], ['pm_success_de', 'pyr_1']])(
  'a refund to %s is pending at first',
  async (method, prefix) => {
    const setup = start()
    const { stripe, emulator, clock } = setup
    const { intent } = await paid(setup, method)
    clock.advance(5000)
    const refund = await stripe.refunds.create({ payment_intent: intent })
    expect(refund).toMatchObject({ status: 'pending', pending_reason: 'processing' })
    expect(refund.id.startsWith(prefix)).toBe(true)
    const told = emulator.events.length
    clock.advance(5000)
    const arrived = await stripe.refunds.retrieve(refund.id)
    expect(arrived.status).toBe('succeeded')
    expect(arrived).not.toHaveProperty('pending_reason')
    expect(typesOf(emulator).slice(told)).toEqual(['refund.updated', 'charge.refund.updated'])
  },
)

test('a refund can fail after it succeeded, and the charge is not refunded any more', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const { intent, charge } = await paid(setup, 'pm_card_refundFail')
  const refund = await stripe.refunds.create({ payment_intent: intent })
  expect(refund.status).toBe('succeeded')
  const told = emulator.events.length
  clock.advance(5000)
  expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
    failure_balance_transaction: expect.stringMatching(/^txn_/),
  })
  expect(await stripe.charges.retrieve(charge))
    .toMatchObject({ refunded: false, amount_refunded: 0 })
  expect(typesOf(emulator).slice(told))
    .toEqual(['refund.failed', 'refund.updated', 'charge.refund.updated'])
  expect(await stripe.refunds.create({ charge })).toMatchObject({ amount: 2000 })
})

test('a card disputes its charge, and the money is gone until that is won', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const { intent, charge } = await paid(setup, 'pm_card_createDispute')
  const told = emulator.events.length
  const [dispute] = (await stripe.disputes.list({ payment_intent: intent })).data
  expect(dispute).toMatchObject({
    id: expect.stringMatching(/^du_1/),
    charge,
    amount: 2000,
    currency: 'eur',
    reason: 'fraudulent',
    status: 'needs_response',
    is_charge_refundable: false,
    balance_transactions: [{ amount: -2000, fee: 1500, net: -3500, type: 'adjustment' }],
    evidence_details: { has_evidence: false, submission_count: 0 },
    payment_method_details: { card: { case_type: 'chargeback', brand: 'visa' } },
  })
  expect(typesOf(emulator).slice(told))
    .toEqual(['charge.dispute.created', 'charge.dispute.funds_withdrawn'])
  expect((await stripe.charges.retrieve(charge)).disputed).toBe(true)
  expect(await failure(stripe.refunds.create({ charge })))
    .toMatchObject({ code: 'charge_disputed' })

  const id = String(dispute?.id)
  expect(await stripe.disputes.update(id, { evidence: { customer_name: 'Ada' }, submit: false }))
    .toMatchObject({
      status: 'needs_response',
      evidence: { customer_name: 'Ada' },
      evidence_details: { has_evidence: true, submission_count: 0 },
    })
  const evidence = { uncategorized_text: 'winning_evidence' }
  expect(await stripe.disputes.update(id, { evidence, metadata: { ticket: '7' } })).toMatchObject({
    status: 'under_review',
    metadata: { ticket: '7' },
    evidence: { customer_name: 'Ada', uncategorized_text: 'winning_evidence' },
    evidence_details: { submission_count: 1, submission_method: 'manual' },
  })
  expect(await failure(stripe.disputes.update(id, { evidence })))
    .toMatchObject({ message: expect.stringContaining('once') })
  clock.advance(5000)
  expect(await stripe.disputes.retrieve(id)).toMatchObject({
    status: 'won',
    balance_transactions: [{ amount: -2000 }, { amount: 2000, net: 3500 }],
  })
  expect(typesOf(emulator).slice(-4)).toEqual([
    'charge.dispute.updated',
    'charge.dispute.updated',
    'charge.dispute.closed',
    'charge.dispute.funds_reinstated',
  ])
  expect(await failure(stripe.disputes.close(id)))
    .toMatchObject({ message: expect.stringContaining('already closed') })
})

test('a dispute is lost by its evidence, by silence, by giving in, or by the bank', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const disputed = async () => emulator.dispute((await paid(setup)).charge)
  const statusOf = async (id: string) => (await stripe.disputes.retrieve(id)).status
  const [argued, silent, conceded, decided] = [
    await disputed(),
    await disputed(),
    await disputed(),
    await disputed(),
  ]
  await stripe.disputes.update(argued, { evidence: { uncategorized_text: 'losing_evidence' } })
  expect(await stripe.disputes.close(conceded)).toMatchObject({ status: 'lost' })
  await emulator.decideDispute(decided, 'lost')
  clock.advance(5000)
  expect(await statusOf(argued)).toBe('lost')
  expect(await statusOf(silent)).toBe('needs_response')
  clock.advance(9 * 24 * 60 * 60 * 1000)
  expect(await statusOf(silent)).toBe('lost')
  expect(typesOf(emulator)).not.toContain('charge.dispute.funds_reinstated')
})

test('an inquiry takes no money, and its charge can still be refunded', async () => {
  const setup = start()
  const { stripe, emulator, clock } = setup
  const { charge } = await paid(setup, 'pm_card_createDisputeInquiry')
  const [inquiry] = (await stripe.disputes.list({ charge })).data
  expect(inquiry).toMatchObject({
    status: 'warning_needs_response',
    reason: 'product_not_received',
    balance_transactions: [],
    is_charge_refundable: true,
  })
  expect(typesOf(emulator)).not.toContain('charge.dispute.funds_withdrawn')
  expect(await stripe.refunds.create({ charge })).toMatchObject({ amount: 2000 })
  await stripe.disputes.update(String(inquiry?.id), {
    evidence: { uncategorized_text: 'winning_evidence' },
  })
  clock.advance(5000)
  expect(await stripe.disputes.retrieve(String(inquiry?.id)))
    .toMatchObject({ status: 'warning_closed' })
})

test('what a subscription paid can be disputed once', async () => {
  const setup = start()
  const { stripe, emulator } = setup
  const { id } = await openSession(setup)
  await emulator.pay(id)
  const [charge] = (await stripe.charges.list()).data
  const dispute = await emulator.dispute(String(charge?.id), { reason: 'product_not_received' })
  expect(await stripe.disputes.retrieve(dispute, { expand: ['charge'] })).toMatchObject({
    charge: { disputed: true, customer: charge?.customer },
    network_reason_code: '13.1',
  })
  await expect(emulator.dispute(String(charge?.id))).rejects.toThrow('cannot be disputed')
})
