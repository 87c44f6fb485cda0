import { actionRequired, type StripeFailure } from '../errors.ts'
import { failureOf } from '../payments/attempt.ts'
import type { Sandbox } from '../sandbox.ts'
import { forkStore } from '../store.ts'
import type { Subscription } from '../wire.ts'
import { intentOf } from './collect.ts'

/** A copy of the sandbox in which something can be tried: nothing of it stays or is told. */
export function rehearsal(sandbox: Sandbox): Sandbox {
  return { ...sandbox, store: forkStore(sandbox.store), send: () => {} }
}

/** Does all of the work or, when a part of it is refused, nothing: it is tried first. */
export function atomically<Result>(
  sandbox: Sandbox,
  work: (sandbox: Sandbox) => Result,
): Result {
  work(rehearsal(sandbox))
  return work(sandbox)
}

/**
 * The 402 that a change of a subscription would end with, tried where nothing of it stays: that of
 * a new invoice, other than the `known` one, which is not paid. Throws what the change is refused
 * with.
 */
export function failureIn(
  sandbox: Sandbox,
  known: string | null,
  change: (sandbox: Sandbox) => Subscription,
): StripeFailure | undefined {
  const trial = rehearsal(sandbox)
  const { latest_invoice: invoice } = change(trial)
  if (invoice === null || invoice === known) return
  if (trial.store.invoices.get(invoice).status !== 'open') return
  const intent = intentOf(trial, invoice)
  if (intent?.status === 'processing') return
  return intent?.last_payment_error ? failureOf(intent) : actionRequired('subscription')
}
