import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { PASSWORD, startWorld, type World } from './support/actors.ts'

const STOLEN = PASSWORD
const CHOSEN = 'another horse battery'

let world: World
let check: World['shop']['deps']['passwords']['check']

beforeAll(async () => {
  world = await startWorld()
  check = world.shop.deps.passwords.check
})

afterEach(() => {
  world.shop.deps.passwords.check = check
})

afterAll(() => world.stop())

/** What whoever stole the owner's password asks for with it. */
const attacks: [string, string, string, Record<string, unknown>][] = [
  ['a session', 'POST', '/api/auth/login', { email: 'owner@example.com', password: STOLEN }],
  ['tokens', 'POST', '/api/auth/tokens', {
    grantType: 'password',
    email: 'owner@example.com',
    password: STOLEN,
  }],
  ['an address', 'PUT', '/api/account/email', {
    email: 'thief@example.com',
    currentPassword: STOLEN,
  }],
  ['a password', 'PUT', '/api/account/password', {
    currentPassword: STOLEN,
    newPassword: 'password of a thief',
  }],
  ['a panel login', 'POST', '/api/account/panel-login', { currentPassword: STOLEN }],
]

test.each(attacks)(
  'a stolen password gets nobody %s while the owner is setting another',
  async (_, method, path, body) => {
    const { shop, app, users } = world
    await giveBackPassword()
    await world.verify('owner')
    const thief = await world.browser('owner')
    // Between the look at the password and what it opens lies the time of a hash.
    shop.deps.passwords.check = async (...args) => {
      const result = await check(...args)
      shop.deps.passwords.check = check
      expect(result.matches).toBe(true)
      expect((await reset()).status).toBe(204)
      return result
    }
    const writes = panelWrites()
    const answer = await send(app, method, path, body, thief)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    const left = await shop.db.query(
      'SELECT id FROM sessions WHERE user_id = ? AND revoked_at IS NULL',
      [users.owner.id],
    )
    expect(left).toEqual([])
    const owner = await shop.db.query(
      'SELECT email, pending_email AS pending FROM users WHERE id = ?',
      [users.owner.id],
    )
    expect(owner).toEqual([{ email: 'owner@example.com', pending: null }])
    expect(writes()).toEqual([])
    const login = { email: users.owner.email, password: CHOSEN }
    expect((await send(app, 'POST', '/api/auth/login', login)).status).toBe(200)
  },
)

async function reset(): Promise<Response> {
  const token = await world.linkToken('reset')
  return await send(world.app, 'POST', '/api/auth/password/reset', { token, password: CHOSEN })
}

async function giveBackPassword(): Promise<void> {
  const token = await world.linkToken('reset')
  const body = { token, password: STOLEN }
  const response = await send(world.app, 'POST', '/api/auth/password/reset', body)
  expect(response.status).toBe(204)
}

/** What has been written to the panel since. */
function panelWrites(): () => string[] {
  const seen: string[] = []
  world.shop.intercept.panel = (request, next) => {
    if (request.method !== 'GET') seen.push(request.method)
    return next(request)
  }
  return () => seen
}

async function send(
  app: World['app'],
  method: string,
  path: string,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return await app.request(world.shop.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
    body: JSON.stringify(body),
  })
}
