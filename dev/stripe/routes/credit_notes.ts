import { Hono } from 'hono'
import type Stripe from 'stripe'
import { draftCreditNote, issueCreditNote, voidCreditNote } from '../billing/credit_notes.ts'
import { answer, answerList, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { operation } from '../openapi/operation.ts'
import { reading } from '../resource.ts'
import { emit, type StripeEnv } from '../sandbox.ts'

export function creditNoteRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateCreditNote)
      return answer(c, issueCreditNote(c.var.sandbox, params))
    })
    .get('/preview', async (c) => {
      const params = await read(c, PreviewCreditNote)
      return answer(c, draftCreditNote(c.var.sandbox, params))
    })
    .get('/preview/lines', async (c) => {
      const params = await read(c, PreviewLines)
      return answerList(c, draftCreditNote(c.var.sandbox, params).lines.data)
    })
    .route(
      '/',
      reading({
        rows: (store) => store.creditNotes,
        list: ListCreditNotes,
        isListed: (note, params) =>
          matches(params.customer, note.customer) && matches(params.invoice, note.invoice),
        retrieve: RetrieveCreditNote,
      }),
    )
    .get('/:id/lines', async (c) => {
      await read(c, ListLines)
      return answerList(c, c.var.sandbox.store.creditNotes.get(c.req.param('id')).lines.data)
    })
    .post('/:id', async (c) => {
      const { memo, metadata } = await read(c, UpdateCreditNote)
      const { store } = c.var.sandbox
      const former = store.creditNotes.get(c.req.param('id'))
      const note = store.creditNotes.update(former.id, {
        ...(memo !== undefined && { memo }),
        metadata: mergeMetadata(former.metadata ?? {}, metadata),
      })
      emit(c.var.sandbox, 'credit_note.updated', note, former)
      return answer(c, note)
    })
    .post('/:id/void', async (c) => {
      await read(c, VoidCreditNote)
      return answer(c, voidCreditNote(c.var.sandbox, c.req.param('id')))
    })
}

const FIELDS = [
  'amount',
  'credit_amount',
  'effective_at',
  'invoice',
  'lines',
  'memo',
  'metadata',
  'out_of_band_amount',
  'reason',
  'refund_amount',
  'refunds',
] as const

/** There are no tax rates, no decimals and no payment records here. */
const EXCEPT = [
  'lines.tax_amounts',
  'lines.tax_rates',
  'lines.unit_amount_decimal',
  'refunds.payment_record_refund',
]

const ONE = '/v1/credit_notes/{id}'

const CreateCreditNote = operation<Stripe.CreditNoteCreateParams>('POST /v1/credit_notes')
  .follows(FIELDS, EXCEPT)
const PreviewCreditNote = operation<Stripe.CreditNotePreviewParams>('GET /v1/credit_notes/preview')
  .follows(FIELDS, EXCEPT)
const PreviewLines = operation<Stripe.CreditNoteListPreviewLineItemsParams>(
  'GET /v1/credit_notes/preview/lines',
).follows([...FIELDS, 'ending_before', 'limit', 'starting_after'], EXCEPT)
const ListCreditNotes = operation<Stripe.CreditNoteListParams>('GET /v1/credit_notes')
  .follows(['created', 'customer', 'ending_before', 'invoice', 'limit', 'starting_after'])
const RetrieveCreditNote = operation<Stripe.CreditNoteRetrieveParams>(`GET ${ONE}`).follows('all')
const ListLines = operation<Stripe.CreditNoteListLineItemsParams>(`GET ${ONE}/lines`)
  .follows('all')
const UpdateCreditNote = operation<Stripe.CreditNoteUpdateParams>(`POST ${ONE}`).follows('all')
const VoidCreditNote = operation<Stripe.CreditNoteVoidCreditNoteParams>(`POST ${ONE}/void`)
  .follows('all')
