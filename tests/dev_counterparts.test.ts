import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { checkCounterparts } from '../dev/stack/counterparts.ts'
import { freshDatabase, type TestDatabase } from './support/database.ts'

const PANEL = { panel: { url: 'https://panel.example.com', apiKey: 'ptla_secretsecret' } }
const STRIPE = { stripe: { secretKey: 'sk_test_51AccountPartOfIt9999secret' } }

let database: TestDatabase
let dir: string

beforeAll(async () => {
  database = await freshDatabase()
})

beforeEach(async () => {
  dir = await Deno.makeTempDir()
  await database.openDb().run('DELETE FROM stripe_customers')
})

afterAll(() => database.drop())

async function haveCustomer(): Promise<void> {
  await database.openDb().run(
    `INSERT INTO stripe_customers VALUES ('usr_00000000000000000000000000', 'eur', 'cus_1', {now})`,
  )
}

test('without orders the stack may change between the emulators and the real thing', async () => {
  const db = database.openDb()
  await checkCounterparts(dir, {}, db)
  await checkCounterparts(dir, { ...PANEL, ...STRIPE }, db)
  await checkCounterparts(dir, {}, db)
})

test.each([
  ['panel', PANEL, /made with the emulated panel.*https:\/\/panel\.example\.com.*--reset/],
  ['Stripe', STRIPE, /made with the emulated Stripe.*--reset/],
])('orders made with the emulated %s are not run against a real one', async (_what, real, text) => {
  const db = database.openDb()
  await checkCounterparts(dir, {}, db)
  await haveCustomer()
  const error = await checkCounterparts(dir, real, db).catch((reason) => reason)
  expect(error.message).toMatch(text)
  expect(error.message).not.toContain('secret')
  await checkCounterparts(dir, {}, db)
})
