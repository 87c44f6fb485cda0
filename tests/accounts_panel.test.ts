import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { externalIdOf } from '../api/panel/external_id.ts'
import type { User as PanelUser } from '../dev/panel/model.ts'
import { mailTokenOf } from '../api/accounts/mail_tokens.ts'
import type { Client } from './support/client.ts'
import { panelAway } from './support/faults.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './support/shop.ts'

const PASSWORD = 'correct horse battery'

let shop: Shop
/** Bodies of the changes that the panel was asked for. */
let patches: Record<string, unknown>[] = []

beforeAll(async () => {
  shop = await startShop()
})

afterEach(() => {
  shop.faults.clear()
  watchPanel()
})

afterAll(() => shop.stop())

interface Customer {
  client: Client
  id: string
  email: string
}

test('a customer sets a password at the panel and sees it once', async () => {
  const customer = await buyer()
  const account = await accountOf(customer)
  const before = { ...account }
  watchPanel()
  const { status, body } = await setPanelLogin(customer)
  expect(status).toBe(200)
  expect(body).toEqual({
    panelUrl: shop.deps.config.PANEL_URL,
    username: account.username,
    password: expect.stringMatching(/^[a-z0-9]{24}$/),
  })
  const { email, username, firstName, lastName } = before
  expect(patches).toEqual([
    { email, username, first_name: firstName, last_name: lastName, password: body.password },
  ])
  const { updatedAt, password } = account
  expect(account).toEqual({ ...before, updatedAt, password })
  expect(password).not.toBe(before.password)
  expect(await templatesTo(customer.email)).toContain('panel_login_set')
  expect(await auditOf(customer)).toContain('panel.set-password')
})

test('the panel password is kept nowhere at the shop, and is another each time', async () => {
  const customer = await buyer()
  const { password: first } = (await setPanelLogin(customer)).body
  const { password } = (await setPanelLogin(customer)).body
  expect(password).not.toBe(first)
  for (const table of ['outbox', 'audit_log', 'jobs', 'users', 'order_events']) {
    expect(JSON.stringify(await shop.db.query(`SELECT * FROM ${table}`))).not.toContain(password)
  }
  expect(shop.lines.join()).not.toContain(password)
})

test('a panel login needs the shop’s password', async () => {
  const customer = await buyer()
  const { status, body } = await setPanelLogin(customer, 'a wrong guess')
  expect([status, body.type]).toEqual([403, '/problems/wrong-password'])
  expect(patches).toEqual([])
})

test('a panel login is for who has confirmed the address', async () => {
  const customer = await buyer()
  await shop.db.run('UPDATE users SET email_verified_at = NULL WHERE id = ?', [customer.id])
  const { status, body } = await setPanelLogin(customer)
  expect([status, body.type]).toEqual([409, '/problems/email-not-verified'])
  expect(patches).toEqual([])
})

test('who has no account at the panel gets none by asking', async () => {
  const customer = await signedUp()
  const before = shop.panel.store.users.rows.length
  const { status, body } = await setPanelLogin(customer)
  expect([status, body.type]).toEqual([409, '/problems/no-panel-account'])
  expect(shop.panel.store.users.rows).toHaveLength(before)
})

test('an administrator of the panel is never touched, whatever address or id they have', async () => {
  const customer = await buyer()
  const account = await accountOf(customer)
  account.rootAdmin = true
  const login = await setPanelLogin(customer)
  expect([login.status, login.body.type]).toEqual([409, '/problems/no-panel-account'])
  await changeEmail(customer)
  await shop.drain()
  expect(patches).toEqual([])
  expect(account.email).toBe(customer.email)

  // and one who merely has the customer's address is not found by it
  const stranger = await signedUp()
  const [admin] = shop.panel.store.users.rows.filter(({ rootAdmin }) => rootAdmin)
  if (!admin) throw new Error('The panel has no administrator')
  admin.email = stranger.email
  expect((await setPanelLogin(stranger)).body.type).toBe('/problems/no-panel-account')
  expect(patches).toEqual([])
})

test('updateUser() refuses an administrator without asking the panel', async () => {
  const customer = await buyer()
  const externalId = await externalIdOf(shop.db, shop.deps, customer.id)
  const account = await shop.deps.panel.findUser(externalId)
  if (!account) throw new Error('The buyer has no account at the panel')
  await expect(shop.deps.panel.updateUser({ ...account, rootAdmin: true }, { password: 'x' }))
    .rejects.toThrow(/administrator/)
  expect(patches).toEqual([])
})

test('a panel that does not answer is told as such, and the log has no password', async () => {
  const customer = await buyer()
  panelAway(shop)
  const { status, body, headers } = await setPanelLogin(customer)
  expect([status, body.type]).toEqual([503, '/problems/panel-unavailable'])
  expect(headers.get('retry-after')).toBe('60')
  expect(await templatesTo(customer.email)).not.toContain('panel_login_set')
})

test('the account at the panel follows a confirmed change of address', async () => {
  const customer = await buyer()
  const account = await accountOf(customer)
  account.username = 'renamed-by-the-customer'
  const before = { ...account }
  const email = await changeEmail(customer)
  expect(account.email).toBe(customer.email)
  watchPanel()
  await shop.drain()
  expect(account).toEqual({ ...before, email, updatedAt: account.updatedAt })
  expect(patches).toHaveLength(1)

  await shop.db.run(
    `UPDATE jobs SET status = 'ready', run_at = {now} WHERE name = 'panel.user-email'`,
  )
  await shop.drain()
  expect(patches).toHaveLength(1)
})

test('an address that somebody else has at the panel is left to them, and logged', async () => {
  const customer = await buyer()
  const account = await accountOf(customer)
  const [admin] = shop.panel.store.users.rows.filter(({ rootAdmin }) => rootAdmin)
  if (!admin) throw new Error('The panel has no administrator')
  const email = await changeEmail(customer)
  admin.email = email
  const before = { ...admin }
  await shop.drain()
  expect(account.email).toBe(customer.email)
  expect(admin).toEqual(before)
  expect(shop.lines.some((line) => line.includes('the panel refuses the new address'))).toBe(true)
  expect(await jobStatus(customer)).toBe('done')
})

test('an address that the panel takes for none is logged, and not sent for ever', async () => {
  const customer = await buyer()
  await changeEmail(customer)
  shop.faults.order({
    on: { service: 'panel', call: 'PATCH /api/application/users/:id' },
    fault: { name: 'status', status: 422, field: 'email' },
  })
  await shop.drain()
  expect(await jobStatus(customer)).toBe('done')
  expect((await accountOf(customer)).email).toBe(customer.email)
})

test('a panel that is away gets the new address when it is back', async () => {
  const customer = await buyer()
  const email = await changeEmail(customer)
  const away = panelAway(shop)
  await shop.drain()
  expect(await jobStatus(customer)).toBe('ready')
  away.cancel()
  watchPanel()
  await shop.pass(70_000, async () => await jobStatus(customer) === 'done')
  expect((await accountOf(customer)).email).toBe(email)
})

/** A customer with a server, and so with an account at the panel. */
async function buyer(): Promise<Customer> {
  const customer = await signedUp()
  const { orderId } = await placeOrder(customer.client)
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  await shop.drain()
  watchPanel()
  return customer
}

async function signedUp(): Promise<Customer> {
  const email = `${crypto.randomUUID()}@example.com`
  const client = await shop.customer(email)
  const { user: { id } } = (await client.get('/api/auth/me')).body
  await shop.db.run('UPDATE users SET email_verified_at = {now} WHERE id = ?', [id])
  return { client, id, email }
}

async function accountOf({ id }: Customer): Promise<PanelUser> {
  const externalId = await externalIdOf(shop.db, shop.deps, id)
  const account = shop.panel.store.users.rows.find((user) => user.externalId === externalId)
  if (!account) throw new Error('The buyer has no account at the panel')
  return account
}

function setPanelLogin({ client }: Customer, currentPassword = PASSWORD) {
  return client.post('/api/account/panel-login', { currentPassword })
}

/** Asks for a new address and confirms it. Returns it. */
async function changeEmail({ client, id }: Customer): Promise<string> {
  const email = `${crypto.randomUUID()}@example.org`
  const body = { email, currentPassword: PASSWORD }
  expect((await client.send('PUT', '/api/account/email', body)).status).toBe(202)
  const [row] = await shop.db.query<{ id: string }>(
    `SELECT id FROM mail_tokens WHERE user_id = ? AND purpose = 'change_email'`,
    [id],
  )
  const token = mailTokenOf(shop.deps.config.AUTH_SECRET, row?.id ?? '')
  expect((await client.post('/api/auth/verification/confirm', { token })).status).toBe(200)
  return email
}

function watchPanel(): void {
  patches = []
  shop.intercept.panel = async (request, next) => {
    if (request.method === 'PATCH') patches.push(await request.clone().json())
    return await next(request)
  }
}

async function templatesTo(email: string): Promise<string[]> {
  const rows = await shop.db.query<{ template: string }>(
    'SELECT template FROM outbox WHERE to_email = ?',
    [email],
  )
  return rows.map(({ template }) => template)
}

async function auditOf({ id }: Customer): Promise<string[]> {
  const rows = await shop.db.query<{ action: string }>(
    'SELECT action FROM audit_log WHERE subject = ?',
    [id],
  )
  return rows.map(({ action }) => action)
}

async function jobStatus({ id }: Customer): Promise<string | undefined> {
  const [row] = await shop.db.query<{ status: string }>(
    `SELECT status FROM jobs WHERE name = 'panel.user-email' AND payload LIKE ?`,
    [`%${id}%`],
  )
  return row?.status
}
