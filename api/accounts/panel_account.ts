import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { TryAgain } from '../jobs/again.ts'
import type { JobPayloads } from '../jobs/queue.ts'
import { queueMail } from '../mail/outbox.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { alreadyExists, PanelError, type PanelUser } from '../panel/panel.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import type { PanelLoginBody } from './bodies.ts'
import { limit } from './rate_limits.ts'
import { checkOwner } from './step_up.ts'
import { findUser, type User } from './store.ts'
import { requireUser } from './users.ts'

/**
 * Sets a new random password for the customer's account at the panel, tells the owner by mail, and
 * returns it; the shop keeps it nowhere. Throws 409 `email-not-verified` and `no-panel-account`, 403
 * `wrong-password`, 429 `rate-limited`, and 503 `panel-unavailable`: then the old one may be gone.
 */
export async function setPanelLogin(
  db: Db,
  deps: Deps,
  { userId, currentPassword, address, requestId }: {
    userId: string
    currentPassword: string
    address: string
    requestId: string
  },
): Promise<PanelLoginBody> {
  const user = await requireUser(db, userId)
  if (!user.emailVerifiedAt) throw new Problem('email-not-verified')
  await checkOwner(db, deps, { user, password: currentPassword, address, requestId })
  await limit(db, deps, 'panelLogin', { user: userId })
  const password = randomPassword(deps.randomBytes)
  const username = await setPassword(db, deps, user, password)
  await db.transaction(async (tx) => {
    await queueMail(tx, deps, {
      template: 'panel_login_set',
      to: { userId, email: user.email },
      causeId: requestId,
      facts: { at: deps.now().toISOString() },
    })
    const action = 'panel.set-password'
    await audit(tx, deps, { actor: userId, action, subject: userId, requestId })
  })
  return { panelUrl: deps.config.PANEL_URL, username, password }
}

/**
 * The job after a change of address: the account at the panel gets it too. One that is not there, or
 * whose new address somebody else has at the panel, is left as it is.
 */
export async function followEmail(
  db: Db,
  deps: Deps,
  { userId }: JobPayloads['panel.user-email'],
): Promise<void> {
  const user = await findUser(db, userId)
  if (!user) return
  try {
    const account = await findAccount(db, deps, user)
    if (!account || account.email === user.email) return
    await deps.panel.updateUser(account, { email: user.email })
  } catch (error) {
    if (!(error instanceof PanelError)) throw error
    if (error.kind !== 'invalid' && !alreadyExists(error, 'email')) {
      throw new TryAgain(error.message, error.retryAfterMs ?? RETRY_MS, error)
    }
    deps.log.error('the panel refuses the new address of a customer', { userId, error })
  }
}

/** Nobody waits for it; a panel that is down stays so for minutes. */
const RETRY_MS = 60_000

async function setPassword(
  db: Db,
  deps: Deps,
  user: User,
  password: string,
): Promise<string> {
  try {
    const account = await findAccount(db, deps, user)
    if (!account) {
      throw new Problem('no-panel-account', { detail: 'You get one with your first server.' })
    }
    return (await deps.panel.updateUser(account, { password })).username
  } catch (error) {
    if (!(error instanceof PanelError)) throw error
    deps.log.error('cannot set a password at the panel', { userId: user.id, error })
    throw new Problem('panel-unavailable', {
      detail: 'Try again in a few minutes.',
      retryAfter: 60,
      cause: error,
    })
  }
}

/** By our external id alone, and never an administrator's, whatever was done to it at the panel. */
async function findAccount(db: Db, deps: Deps, user: User): Promise<PanelUser | undefined> {
  const account = await deps.panel.findUser(await externalIdOf(db, deps, user.id))
  if (!account?.rootAdmin) return account
  deps.log.error('a customer is an administrator of the panel', { userId: user.id })
  return undefined
}

/** 24 letters and digits that are not mistaken for each other: 120 bits. */
function randomPassword(randomBytes: Deps['randomBytes']): string {
  return Array.from(randomBytes(24), (byte) => LETTERS.charAt(byte % LETTERS.length)).join('')
}

const LETTERS = 'abcdefghjkmnpqrstuvwxyz023456789'
