import { Buffer } from 'node:buffer'
import { scryptSync, timingSafeEqual } from 'node:crypto'
import type { User } from './model.ts'

/** What is kept of a password. The real panel uses bcrypt; nobody sees the difference. */
export function hashPassword(password: string, salt: string): string {
  return scryptSync(password, salt, 32).toString('hex')
}

/** An account without a password is opened by none. */
export function matchesPassword({ password, uuid }: User, given: string): boolean {
  if (password === null) return false
  const hash = hashPassword(given, uuid)
  return hash.length === password.length &&
    timingSafeEqual(Buffer.from(hash), Buffer.from(password))
}
