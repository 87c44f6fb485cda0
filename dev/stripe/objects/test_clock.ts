import { DAY } from '../time.ts'
import type { TestClock } from '../wire.ts'

/** A test clock that stands at its `frozen_time`, for 30 days. */
export function testClockObject(
  clock: Pick<TestClock, 'id' | 'created' | 'frozen_time' | 'name'>,
): TestClock {
  return {
    object: 'test_helpers.test_clock',
    deletes_after: clock.created + 30 * DAY,
    livemode: false,
    status: 'ready',
    status_details: {},
    ...clock,
  }
}
