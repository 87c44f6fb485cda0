import { audit } from '../accounts/audit.ts'
import { findUserByEmail, revokeSessionsOf, type User } from '../accounts/store.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'

interface Change {
  /** Canonical. */
  email: string
  actor: string
}

/** The addresses of those who may see and mend everything. */
export async function listOperators(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ email: string }>(
    "SELECT email FROM users WHERE role = 'operator' ORDER BY email",
  )
  return rows.map(({ email }) => email)
}

/**
 * Makes an account an operator. Throws a Problem when there is none, or its address was never
 * confirmed: anybody may sign up with the address of somebody who is to become one.
 */
export async function addOperator(
  db: Db,
  deps: Pick<Deps, 'newId'>,
  { email, actor }: Change,
): Promise<string> {
  const user = await needUser(db, email)
  if (!user.emailVerifiedAt) {
    throw new Problem('not-possible', {
      detail: `${email} was never confirmed: let its owner open the link that was mailed to it.`,
    })
  }
  return await changeRole(db, deps, { user, role: 'operator', actor })
}

/** Makes an operator a customer again, and ends the sessions, in which they were one. */
export async function removeOperator(
  db: Db,
  deps: Pick<Deps, 'newId'>,
  { email, actor }: Change,
): Promise<string> {
  return await changeRole(db, deps, { user: await needUser(db, email), role: 'customer', actor })
}

async function changeRole(
  db: Db,
  deps: Pick<Deps, 'newId'>,
  { user, role, actor }: { user: User; role: User['role']; actor: string },
): Promise<string> {
  const changed = await db.transaction(async (tx) => {
    const { affectedRows } = await tx.run('UPDATE users SET role = ? WHERE id = ? AND role <> ?', [
      role,
      user.id,
      role,
    ])
    if (affectedRows === 0) return false
    if (role === 'customer') await revokeSessionsOf(tx, { userId: user.id }, 'role-removed')
    const action = role === 'operator' ? 'operator.add' : 'operator.remove'
    await audit(tx, deps, { actor, action, subject: user.id })
    return true
  })
  const what = role === 'operator' ? 'an operator' : 'a customer'
  return changed ? `${user.email} is ${what} now.` : `${user.email} is ${what} already.`
}

async function needUser(db: Queryable, email: string): Promise<User> {
  const user = await findUserByEmail(db, email)
  if (user) return user
  throw new Problem('not-found', { detail: `Nobody has an account with ${email}: sign up first.` })
}
