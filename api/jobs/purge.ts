import { purgeLoginDelays } from '../accounts/login_delays.ts'
import { purgeMailTokens } from '../accounts/mail_tokens.ts'
import { purgeRateLimits } from '../accounts/rate_limits.ts'
import { purgeSessions } from '../accounts/store.ts'
import { purgeAlerts } from '../alerts/tell_store.ts'
import { purgeIdempotencyKeys } from '../checkout/store.ts'
import type { Db } from '../db.ts'
import { purgeMails } from '../mail/store.ts'
import { purgeRefusals } from '../payments/refusals.ts'
import { purgeJobs } from './queue.ts'
import type { Swept } from './sweep.ts'

/** Deletes what tells nobody anything any more, a batch of each at a time. */
export async function purge(db: Db): Promise<Swept> {
  await purgeRateLimits(db)
  await purgeLoginDelays(db)
  await purgeMailTokens(db)
  await purgeSessions(db)
  await purgeIdempotencyKeys(db)
  await purgeMails(db)
  await purgeJobs(db)
  await purgeAlerts(db)
  await purgeRefusals(db)
  return { found: {} }
}
