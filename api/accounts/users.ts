import { type Db, isDuplicate, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { audit } from './audit.ts'
import type { UserBody } from './bodies.ts'
import { canonicalEmail } from './email.ts'
import { createPasswords, type Passwords } from './password.ts'
import { findUser, findUserByEmail, insertUser, type User } from './store.ts'

/** What becomes of a user in the same transaction that makes them. */
type Continue<T> = (tx: Queryable, user: User) => Promise<T>

/**
 * Makes an account. Throws 409 `email-taken` when the (canonical) address has one. `then` runs in
 * the same transaction; its result is returned with the user.
 */
export async function registerUser<T>(
  db: Db,
  deps: Pick<Deps, 'newId'>,
  options: {
    email: string
    password: string
    role: UserBody['role']
    passwords: Passwords
    requestId?: string
    then: Continue<T>
  },
): Promise<{ user: User; result: T }> {
  const { email, role } = options
  if (await findUserByEmail(db, email)) throw emailTaken()
  const id = deps.newId('user')
  const passwordHash = await options.passwords.hash(options.password)
  try {
    return await db.transaction(async (tx) => {
      await insertUser(tx, { id, email, passwordHash, role })
      const user = await requireUser(tx, id)
      await audit(tx, deps, {
        actor: id,
        action: 'user.create',
        subject: id,
        requestId: options.requestId,
        detail: { role },
      })
      return { user, result: await options.then(tx, user) }
    })
  } catch (error) {
    if (isDuplicate(error)) throw emailTaken()
    throw error
  }
}

/**
 * Makes an account with a role, for set-up and tests: nobody becomes an operator over HTTP. Throws
 * 409 `email-taken` when the address has one, and a TypeError when it is not an address.
 */
export async function createUser(
  db: Db,
  deps: Pick<Deps, 'config' | 'newId' | 'randomBytes'>,
  { email, password, role }: { email: string; password: string; role: UserBody['role'] },
): Promise<UserBody> {
  const canonical = canonicalEmail(email)
  if ('fault' in canonical) throw new TypeError(`Cannot create the user as ${canonical.fault}`)
  const passwords = createPasswords({
    secret: deps.config.AUTH_SECRET,
    randomBytes: deps.randomBytes,
  })
  const then = () => Promise.resolve()
  const { user } = await registerUser(db, deps, {
    email: canonical.email,
    password,
    role,
    passwords,
    then,
  })
  return toUserBody(user)
}

/** The user as their own client sees them. */
export function toUserBody(user: User): UserBody {
  return {
    id: user.id,
    email: user.email,
    emailVerified: user.emailVerifiedAt !== null,
    pendingEmail: user.pendingEmail,
    name: user.name,
    role: user.role,
    createdAt: user.createdAt.toISOString(),
  }
}

/** The user that a token speaks for. Throws 401 `login-required` when they are gone. */
export async function requireUser(db: Queryable, id: string): Promise<User> {
  const user = await findUser(db, id)
  if (!user) throw new Problem('login-required')
  return user
}

/** 409 for an address that another account has. */
export function emailTaken(): Problem {
  return new Problem('email-taken', {
    detail: 'Log in instead, or use another address.',
    errors: [{ pointer: '#/email', detail: 'There is an account with this address' }],
  })
}
