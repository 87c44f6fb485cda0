import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createPasswords } from '../api/accounts/password.ts'
import { storedPassword } from './support/passwords.ts'

const PASSWORD = 'correct horse battery'
const SECRET = 'x'.repeat(32)

const passwords = createPasswords({ secret: SECRET, randomBytes })

test('createPasswords() knows the password it hashed, exactly, and no other', async () => {
  const stored = await passwords.hash(PASSWORD)
  expect(await passwords.check(PASSWORD, stored)).toEqual({ matches: true, stale: false })
  for (const other of [`${PASSWORD} `, PASSWORD.toUpperCase()]) {
    expect(await passwords.check(other, stored)).toEqual({ matches: false, stale: false })
  }
  expect(await passwords.hash(PASSWORD)).not.toBe(stored)
})

test('createPasswords() says no without a stored password and to a text it cannot read', async () => {
  for (const stored of [undefined, '$2b$10$abcdefghijklmnopqrstuv']) {
    expect(await passwords.check(PASSWORD, stored)).toEqual({ matches: false, stale: false })
  }
})

const costs: [string, { ln: number; r: number; p: number }, boolean][] = [
  ['weaker than ours', { ln: 4, r: 8, p: 10 }, true],
  ['with p above 10', { ln: 1, r: 8, p: 11 }, false],
  ['with r above 8', { ln: 1, r: 9, p: 1 }, false],
  ['with r below 8', { ln: 4, r: 1, p: 1 }, false],
  ['with N above 2^16', { ln: 17, r: 8, p: 1 }, false],
  ['with N·r·p above 2^20', { ln: 15, r: 8, p: 5 }, false],
]

test.each(costs)('createPasswords() takes a hash %s: %j → %s', async (_, cost, taken) => {
  const stored = storedPassword(PASSWORD, { secret: SECRET, ...cost })
  expect((await passwords.check(PASSWORD, stored)).matches).toBe(taken)
})

test('createPasswords() needs the pepper it hashed with', async () => {
  const others = createPasswords({ secret: 'y'.repeat(32), randomBytes })
  const stored = await others.hash(PASSWORD)
  expect((await passwords.check(PASSWORD, stored)).matches).toBe(false)
})

test('createPasswords() hashes two at once, lets 20 wait and sends the rest away', async () => {
  // the cheapest parameters, so that the queue is what is measured
  const stored = storedPassword(PASSWORD, { secret: SECRET, ln: 1, r: 8, p: 1 })
  const all = await Promise.allSettled(
    Array.from({ length: 30 }, () => passwords.check(PASSWORD, stored)),
  )
  const refused = all.filter((result) => result.status === 'rejected')
  expect(refused).toHaveLength(8)
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'unavailable' })
  expect(await passwords.check(PASSWORD, stored)).toEqual({ matches: true, stale: true })
})
