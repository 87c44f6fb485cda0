import * as z from 'zod'
import { givenPassword } from '../accounts/password.ts'

/** Longer than any repair takes. */
const MOST_HOURS = 720

export const ExtendOrder = z.strictObject({
  byHours: z.number().positive().max(MOST_HOURS).meta({
    description: 'How much longer the delivery may take.',
  }),
})

const reason = z.string().trim().min(1).max(200).meta({
  description: 'For the audit log and the operator’s timeline; the customer does not see it.',
})

/** Money leaves: who is signed in has to be there. */
const currentPassword = givenPassword()

export const RefundOrder = z.strictObject({ reason, currentPassword })

export const ReviewOrder = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.literal('accept') }),
  z.strictObject({ decision: z.literal('refund'), currentPassword }),
], { error: 'Send decision accept or refund' })

export const AttachServer = z.strictObject({
  panelServer: z.string().regex(/^[0-9]{1,10}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, {
    error: 'Send the panel’s number of the server, or its uuid',
  }),
})
