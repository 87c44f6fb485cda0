import { describe, expect, test } from 'vitest'
import type Stripe from 'stripe'
import type { PayOptions } from '../dev/stripe/checkout/pay.ts'
import { failure, openSession, type Setup, start, typesOf } from './support/stripe.ts'

/** An invoice of 18.00 EUR for one line of two servers, in the state in which paying leaves it. */
async function billed({ stripe, emulator }: Pick<Setup, 'stripe' | 'emulator'>, pay?: PayOptions) {
  const session = await openSession({ stripe })
  await emulator.pay(session.id, pay)
  const { invoice } = await stripe.checkout.sessions.retrieve(session.id)
  return await stripe.invoices.retrieve(String(invoice), { expand: ['payments'] })
}

function customerOf(invoice: Stripe.Invoice): string {
  return String(invoice.customer)
}

const WAITS = { delayed: 'processing' } as const

describe('a credit note for an invoice that waits for its payment', () => {
  test('takes away from what is to be paid, and gives it back when void', async () => {
    const { stripe, emulator } = start()
    const invoice = await billed({ stripe, emulator }, WAITS)
    const before = emulator.events.length
    const note = await stripe.creditNotes.create({
      invoice: invoice.id ?? '',
      amount: 300,
      reason: 'order_change',
      memo: 'As agreed',
    })
    expect(note).toMatchObject({
      amount: 300,
      memo: 'As agreed',
      number: `${invoice.number}-CN-01`,
      pre_payment_amount: 300,
      post_payment_amount: 0,
      reason: 'order_change',
      type: 'pre_payment',
    })
    expect(await stripe.invoices.retrieve(invoice.id ?? '')).toMatchObject({
      amount_due: 1500,
      amount_remaining: 1500,
      pre_payment_credit_notes_amount: 300,
      total: 1800,
    })
    const voided = await stripe.creditNotes.voidCreditNote(note.id)
    expect(voided).toMatchObject({ status: 'void', voided_at: expect.any(Number) })
    expect(await stripe.invoices.retrieve(invoice.id ?? '')).toMatchObject({
      amount_remaining: 1800,
      pre_payment_credit_notes_amount: 0,
    })
    expect(await failure(stripe.creditNotes.voidCreditNote(note.id)))
      .toMatchObject({ statusCode: 400 })
    expect(typesOf(emulator).slice(before)).toEqual([
      'credit_note.created',
      'invoice.updated',
      'credit_note.voided',
      'invoice.updated',
    ])
  })

  test('for all of it leaves nothing to pay', async () => {
    const { stripe, emulator } = start()
    const invoice = await billed({ stripe, emulator }, WAITS)
    await stripe.creditNotes.create({ invoice: invoice.id ?? '', amount: 1800 })
    expect(await stripe.invoices.retrieve(invoice.id ?? ''))
      .toMatchObject({ status: 'paid', amount_remaining: 0, amount_paid: 0 })
    expect(typesOf(emulator)).toContain('invoice.paid')
  })
})

describe('a credit note for a paid invoice', () => {
  test('gives back by refund, balance and outside of Stripe, and tells all', async () => {
    const { stripe, emulator } = start()
    const invoice = await billed({ stripe, emulator })
    const before = emulator.events.length
    const note = await stripe.creditNotes.create({
      invoice: invoice.id ?? '',
      amount: 1000,
      refund_amount: 500,
      credit_amount: 300,
      out_of_band_amount: 200,
      expand: ['refunds.refund', 'customer_balance_transaction'],
    })
    expect(note).toMatchObject({
      type: 'post_payment',
      post_payment_amount: 1000,
      out_of_band_amount: 200,
      refunds: [{ amount_refunded: 500, refund: { amount: 500, status: 'succeeded' } }],
      customer_balance_transaction: { amount: -300, type: 'credit_note', credit_note: note.id },
    })
    expect(await stripe.customers.retrieve(customerOf(invoice))).toMatchObject({ balance: -300 })
    expect(await stripe.invoices.retrieve(invoice.id ?? '')).toMatchObject({
      amount_paid: 1800,
      post_payment_credit_notes_amount: 1000,
      status: 'paid',
    })
    expect(typesOf(emulator).slice(before)).toEqual(
      expect.arrayContaining([
        'refund.created',
        'charge.refunded',
        'customer.updated',
        'credit_note.created',
      ]),
    )
    expect(await failure(stripe.creditNotes.voidCreditNote(note.id)))
      .toMatchObject({ statusCode: 400 })
  })

  test('can be for a part of its lines, each once', async () => {
    const { stripe, emulator } = start()
    const invoice = await billed({ stripe, emulator })
    const line = invoice.lines.data[0]?.id ?? ''
    const request = {
      invoice: invoice.id ?? '',
      lines: [
        { type: 'invoice_line_item' as const, invoice_line_item: line, quantity: 1 },
        { type: 'custom_line_item' as const, description: 'Sorry', unit_amount: 50, quantity: 2 },
      ],
      credit_amount: 1000,
    }
    const preview = await stripe.creditNotes.preview(request)
    expect(preview).toMatchObject({ amount: 1000, subtotal: 1000 })
    expect((await stripe.creditNotes.listPreviewLineItems({ ...request, limit: 1 })).data)
      .toMatchObject([{ amount: 900, quantity: 1, unit_amount: 900, invoice_line_item: line }])
    expect((await stripe.creditNotes.list({ invoice: invoice.id ?? '' })).data).toEqual([])
    const note = await stripe.creditNotes.create(request)
    expect((await stripe.creditNotes.listLineItems(note.id)).data).toMatchObject([
      { type: 'invoice_line_item', amount: 900 },
      { type: 'custom_line_item', amount: 100, description: 'Sorry' },
    ])
    const again = stripe.creditNotes.create({
      invoice: invoice.id ?? '',
      lines: [{ type: 'invoice_line_item', invoice_line_item: line, amount: 901 }],
      credit_amount: 901,
    })
    expect(await failure(again)).toMatchObject({ param: 'lines[0]' })
    expect((await stripe.creditNotes.list({ customer: customerOf(invoice) })).data)
      .toHaveLength(1)
  })

  test('can name a refund that was made already', async () => {
    const { stripe, emulator } = start()
    const invoice = await billed({ stripe, emulator })
    const intent = String(invoice.payments?.data[0]?.payment.payment_intent)
    const refund = await stripe.refunds.create({ payment_intent: intent, amount: 400 })
    const note = await stripe.creditNotes.create({
      invoice: invoice.id ?? '',
      amount: 400,
      refunds: [{ refund: refund.id }],
    })
    expect(note.refunds).toMatchObject([{ refund: refund.id, amount_refunded: 400 }])
    expect((await stripe.refunds.list()).data).toHaveLength(1)
  })

  test('can be told more of later', async () => {
    const { stripe, emulator } = start()
    const { id = '' } = await billed({ stripe, emulator })
    const note = await stripe.creditNotes.create({ invoice: id, amount: 1, credit_amount: 1 })
    const noted = await stripe.creditNotes.update(note.id, { memo: 'Hm', metadata: { a: 'b' } })
    expect(noted).toMatchObject({ memo: 'Hm', metadata: { a: 'b' } })
    expect(await stripe.creditNotes.retrieve(note.id)).toEqual(noted)
    expect(emulator.events.at(-1)?.type).toBe('credit_note.updated')
  })

  test.each(
    [
      [{}, 'amount'],
      [{ amount: 0 }, 'amount'],
      [{ amount: 100 }, undefined],
      [{ amount: 100, refund_amount: 50 }, undefined],
      [{ amount: 1801, credit_amount: 1801 }, 'amount'],
      [{ amount: 100, refunds: [{ refund: 're_no' }] }, 'refunds[0][refund]'],
      [{ lines: [{ type: 'invoice_line_item' }] }, 'lines[0][invoice_line_item]'],
      [{ lines: [{ type: 'custom_line_item' }] }, 'lines[0][unit_amount]'],
      [
        { lines: [{ type: 'invoice_line_item', invoice_line_item: 'il_no' }] },
        'lines[0][invoice_line_item]',
      ],
    ] as const,
  )('refuses %o', async (params, param) => {
    const { stripe, emulator } = start()
    const { id = '' } = await billed({ stripe, emulator })
    const request = JSON.parse(JSON.stringify({ invoice: id, ...params }))
    expect(await failure(stripe.creditNotes.create(request)))
      .toMatchObject({ statusCode: 400, param })
    expect((await stripe.creditNotes.list()).data).toEqual([])
  })
})
