import { createUser } from '../../api/accounts/users.ts'
import { findUserByEmail } from '../../api/accounts/store.ts'
import type { Config } from '../../api/config.ts'
import type { Db } from '../../api/db.ts'
import { createIdFactory } from '../../api/ids.ts'

export const CUSTOMER = 'customer@example.com'
export const OPERATOR = 'operator@example.com'

/** Makes a customer and an operator to log in as, both with the same password, if there are none. */
export async function makeLogins(db: Db, config: Config, password: string): Promise<void> {
  await makeLogin(db, config, { email: CUSTOMER, password, role: 'customer' })
  await makeLogin(db, config, { email: OPERATOR, password, role: 'operator' })
}

async function makeLogin(
  db: Db,
  config: Config,
  login: { email: string; password: string; role: 'customer' | 'operator' },
): Promise<void> {
  if (await findUserByEmail(db, login.email)) return
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
  const newId = createIdFactory(() => new Date(), randomBytes)
  const user = await createUser(db, { config, newId, randomBytes }, login)
  await db.run('UPDATE users SET email_verified_at = {now} WHERE id = ?', [user.id])
}
