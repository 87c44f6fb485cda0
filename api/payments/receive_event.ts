import { isLive } from '../config.ts'
import { isDuplicate, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { handledTypes } from './inbox.ts'
import type { FetchedEvent, StripeEvent } from './payments.ts'
import { type EventFlag, insertStripeEvent } from './store.ts'

/**
 * Puts an event into the inbox, whoever brings it: the webhook or a sweep of Stripe's list. False
 * when it is there already.
 */
export async function receiveEvent(
  db: Queryable,
  deps: Deps,
  { event, body }: FetchedEvent,
): Promise<boolean> {
  try {
    await insertStripeEvent(db, event, { body, flag: flagOf(deps, event) })
    return true
  } catch (error) {
    if (!isDuplicate(error)) throw error
    return false
  }
}

function flagOf(deps: Deps, event: StripeEvent): EventFlag | undefined {
  const flag = reasonToIgnore(deps, event)
  const about = { eventId: event.id, eventType: event.type, code: flag }
  if (flag === 'livemode' || flag === 'account') {
    deps.log.error('webhook is not for this shop: check the endpoint and its keys', about)
  }
  return flag
}

function reasonToIgnore(deps: Deps, event: StripeEvent): EventFlag | undefined {
  if (event.type === 'unreadable') return 'unreadable'
  if (event.livemode !== isLive(deps.config)) return 'livemode'
  if (event.account) return 'account'
  return handledTypes.has(event.type) ? undefined : 'unknown_type'
}
