import { audit } from '../accounts/audit.ts'
import { type Db, isDuplicate, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { isLive } from '../config.ts'
import { handledTypes } from '../payments/inbox.ts'
import type { FetchedEvent } from '../payments/payments.ts'
import { insertStripeEvent } from '../payments/store.ts'
import { Problem } from '../problem.ts'

/** What a replay would do: the stored event again, or one that only Stripe has. */
export interface ReplayPlan {
  does: string[]
  /** Present when we do not have the event yet. */
  fetched?: FetchedEvent
}

/** Throws a Problem when the event cannot be acted on, or nobody has it. */
export async function planReplay(db: Db, deps: Deps, eventId: string): Promise<ReplayPlan> {
  const stored = await findStoredEvent(db, eventId)
  if (stored) {
    refuseForeign(stored.flag)
    refuseUnhandled(stored.type)
    return { does: [`Acts again on ${eventId} (${stored.type}), which is ${stored.status} now.`] }
  }
  const fetched = await deps.payments.findEvent(eventId)
  if (!fetched) {
    throw new Problem('not-found', { detail: `Neither we nor Stripe have an event ${eventId}.` })
  }
  const { type, livemode, account } = fetched.event
  if (livemode !== isLive(deps.config)) refuseForeign('livemode')
  if (account) refuseForeign('account')
  refuseUnhandled(type)
  return { does: [`Takes ${eventId} (${type}) over from Stripe, and acts on it.`], fetched }
}

/** Puts the event into the inbox, as if it had just come. Gives what it did in words. */
export async function replayEvent(
  db: Db,
  deps: Deps,
  { eventId, actor, requestId }: { eventId: string; actor: string; requestId?: string },
): Promise<string[]> {
  const { does, fetched } = await planReplay(db, deps, eventId)
  await db.transaction(async (tx) => {
    if (fetched) await insertOnce(tx, fetched)
    else await putBack(tx, eventId)
    await audit(tx, deps, { actor, action: 'event.replay', subject: eventId, requestId })
  })
  deps.wake()
  return does
}

/** Its webhook may have come meanwhile, which is as good. */
async function insertOnce(tx: Queryable, { event, body }: FetchedEvent): Promise<void> {
  try {
    await insertStripeEvent(tx, event, { body, flag: undefined })
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
}

/** One that is being acted on right now is left to whoever does so. */
async function putBack(tx: Queryable, eventId: string): Promise<void> {
  await tx.run(
    `UPDATE stripe_events SET status = 'ready', flag = NULL, run_at = {now}, attempts = 0,
       failures = 0, lease_token = NULL, last_error = NULL, finished_at = NULL
      WHERE id = ? AND NOT (status = 'ready' AND lease_token IS NOT NULL AND run_at > {now})`,
    [eventId],
  )
}

async function findStoredEvent(db: Queryable, id: string) {
  const [row] = await db.query<{ type: string; status: string; flag: string | null }>(
    'SELECT type, status, flag FROM stripe_events WHERE id = ?',
    [id],
  )
  return row
}

function refuseForeign(flag: string | null): void {
  const why: Record<string, string> = {
    livemode: 'it is of the other mode (live or test) than this shop',
    account: 'it is about another account',
    unreadable: 'what Stripe signed is no event that can be read',
  }
  const reason = flag && why[flag]
  if (reason) {
    throw new Problem('not-possible', { detail: `Cannot act on this event as ${reason}.` })
  }
}

function refuseUnhandled(type: string): void {
  if (handledTypes.has(type)) return
  throw new Problem('not-possible', { detail: `Nothing here acts on events of the type ${type}.` })
}
