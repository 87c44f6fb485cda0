import { deleteCustomer } from '../customers/delete.ts'
import { refused } from '../errors.ts'
import { testClockObject } from '../objects/test_clock.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import { DAY } from '../time.ts'
import type { TestClock } from '../wire.ts'
import { runAgenda } from './agenda.ts'
import { periodEnd, recurrenceOf } from './period.ts'
import { isEnded } from './subscriptions.ts'

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

/** A clock that stands at a time, for customers made on it. */
export function createClock(
  sandbox: Sandbox,
  { frozen_time: frozen, name = null }: { frozen_time: number; name?: string | null },
): TestClock {
  const { store, newId, now } = sandbox
  const id = newId('test_clock')
  const clock = store.testClocks.insert(
    testClockObject({ id, created: now(), frozen_time: frozen, name }),
  )
  emit(sandbox, 'test_helpers.test_clock.created', clock)
  return clock
}

/** Sends a clock on its way to a later time; it arrives with the next tick. */
export function advanceClock(sandbox: Sandbox, id: string, to: number): TestClock {
  const { store } = sandbox
  const clock = store.testClocks.get(id)
  if (to <= clock.frozen_time) {
    throw refused('The new frozen time must be after the current frozen time.', {
      param: 'frozen_time',
    })
  }
  if (to > furthest(sandbox, clock)) {
    throw refused(
      'A test clock can be advanced by at most two intervals of its shortest subscription, or ' +
        'two years without one.',
      { param: 'frozen_time' },
    )
  }
  const advancing = store.testClocks.update(id, {
    status: 'advancing',
    status_details: { advancing: { target_frozen_time: to } },
  })
  emit(sandbox, 'test_helpers.test_clock.advancing', advancing)
  return advancing
}

/** Brings an advancing clock to its target, by all that happens on the way there. */
export function moveClock(sandbox: Sandbox, clock: TestClock) {
  const { store } = sandbox
  const { id, status, status_details: details } = clock
  const target = details.advancing?.target_frozen_time
  if (status !== 'advancing' || target === undefined) return
  runAgenda(sandbox, {
    clock: id,
    until: target,
    reached: (at) => {
      const { frozen_time: before } = store.testClocks.get(id)
      store.testClocks.update(id, { frozen_time: Math.max(before, at) })
    },
  })
  const ready = store.testClocks.update(id, {
    frozen_time: target,
    status: 'ready',
    status_details: {},
  })
  emit(sandbox, 'test_helpers.test_clock.ready', ready)
}

/** Deletes a clock with its customers; their subscriptions end. */
export function deleteClock(sandbox: Sandbox, id: string) {
  const { store } = sandbox
  const clock = store.testClocks.get(id)
  const onIt = onClock(sandbox, id)
  for (const customer of store.customers.toJSON()) {
    if (customer.test_clock === id) deleteCustomer(onIt, customer.id)
  }
  store.testClocks.delete(id)
  emit(sandbox, 'test_helpers.test_clock.deleted', clock)
  return { id, object: 'test_helpers.test_clock' as const, deleted: true as const }
}

const TWO_YEARS = 2 * 365 * DAY

function furthest({ store }: Sandbox, { id, frozen_time: now }: TestClock): number {
  const ends = store.subscriptions.toJSON()
    .filter((subscription) => subscription.test_clock === id && !isEnded(subscription))
    .flatMap(({ items }) => items.data)
    .map(({ price }) => {
      const every = recurrenceOf(price)
      return periodEnd(now, { ...every, interval_count: 2 * every.interval_count })
    })
  return Math.min(now + TWO_YEARS, ...ends)
}
