import type { User } from '../accounts/store.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Order } from '../orders/store.ts'
import { alreadyExists, PanelError } from '../panel/panel.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { panelUsername } from '../panel/username.ts'
import type { Server } from './store.ts'
import { recordWaiting } from './waiting.ts'

/** Only a person can join two accounts; asking hourly is enough to notice that one did. */
const ACCOUNT_RETRY_MS = 3_600_000

/**
 * The buyer's account at the panel, known by our external id alone: an account that merely has the
 * same e-mail address may be somebody else's, or an admin's, and is never taken over.
 */
export async function ensurePanelUser(
  db: Db,
  deps: Deps,
  { user, order, server }: { user: User; order: Order; server: Server },
): Promise<number> {
  const externalId = await externalIdOf(db, deps, user.id)
  const known = await deps.panel.findUser(externalId)
  if (known) return known.id
  try {
    const created = await deps.panel.createUser({
      externalId,
      email: user.email,
      username: panelUsername(user.id),
      firstName: deps.config.SHOP_NAME,
      lastName: 'customer',
    })
    return created.id
  } catch (error) {
    if (!isTaken(error)) throw error
    // Another of our jobs may have been a moment faster.
    const twin = await deps.panel.findUser(externalId)
    if (twin) return twin.id
    if (lostRace(error)) throw error
    throw await recordWaiting(db, deps, {
      orderId: order.id,
      serverId: server.id,
      reason: 'account',
      cause: error instanceof PanelError ? { message: error.message } : {},
      delayMs: ACCOUNT_RETRY_MS,
    })
  }
}

function isTaken(error: unknown): boolean {
  const fields = ['external_id', 'username', 'email']
  return lostRace(error) || fields.some((field) => alreadyExists(error, field))
}

/** Of two creates of the same moment the panel answers one with the error of its database. */
function lostRace(error: unknown): boolean {
  return error instanceof PanelError && error.code === 'QueryException'
}
