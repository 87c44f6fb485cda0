import type { Sandbox } from '../sandbox.ts'

/**
 * The sandbox in the time of a test clock, by its id: what belongs to a customer of a clock is made,
 * billed and ended by that. Without one it is the sandbox itself.
 */
export function onClock(sandbox: Sandbox, clock: string | null | undefined): Sandbox {
  if (!clock) return sandbox
  return { ...sandbox, now: () => sandbox.store.testClocks.get(clock).frozen_time }
}

/** The sandbox in the time of this customer. */
export function inTimeOf(sandbox: Sandbox, customer: string | null): Sandbox {
  return onClock(sandbox, sandbox.store.customers.find(customer ?? '')?.test_clock)
}
