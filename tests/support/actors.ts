import type { Hono } from 'hono'
import { issueMailToken, mailTokenOf, type TokenPurpose } from '../../api/accounts/mail_tokens.ts'
import { startSession } from '../../api/accounts/sessions.ts'
import { revokeSession } from '../../api/accounts/store.ts'
import { createUser } from '../../api/accounts/users.ts'
import { createApp } from '../../api/app.ts'
import type { Db } from '../../api/db.ts'
import type { AppEnv } from '../../api/deps.ts'
import { type Client, createClient } from './client.ts'
import { placeOrder, sessionOf, type Shop, startShop } from './shop.ts'

export const PASSWORD = 'correct horse battery'

export type Role = 'owner' | 'other' | 'operator'

/**
 * A shop in which everything exists that one could want to get at: an owner with a delivered server,
 * another customer and an operator. `app` is the same API without a socket between.
 */
export interface World {
  shop: Shop
  app: Hono<AppEnv>
  users: Record<Role, { id: string; email: string }>
  /** Delivered, with its server. */
  orderId: string
  serverId: string
  /** An event that came and was acted on. */
  eventId: string
  /** The headers of a new session of this user, as a browser or a program sends them. */
  browser(role: Role): Promise<Record<string, string>>
  client(role: Role): Promise<Client>
  program(role: Role): Promise<Record<string, string>>
  /** A browser whose session was ended elsewhere a moment ago. */
  revokedBrowser(role: Role): Promise<Record<string, string>>
  /** The id of a new session, whose tokens nobody has. */
  sessionId(role: Role): Promise<string>
  /** The token of a link that was mailed to the owner a moment ago. */
  linkToken(purpose: TokenPurpose): Promise<string>
  /** Makes the address of this user the only one that is confirmed; none for null. */
  verify(role: Role | null): Promise<void>
  /** A new unpaid order of the owner, whatever they had open before. */
  openOrder(): Promise<string>
  /** What each table holds, to be compared. */
  tables(): Promise<Map<string, string>>
  stop(): Promise<void>
}

export async function startWorld(): Promise<World> {
  const shop = await startShop({ installMs: 0 })
  const { db, deps } = shop
  const users = {
    owner: await newUser('owner@example.com', 'customer'),
    other: await newUser('other@example.com', 'customer'),
    operator: await newUser('operator@example.com', 'operator'),
  }

  async function newUser(email: string, role: 'customer' | 'operator') {
    const { id } = await createUser(db, deps, { email, password: PASSWORD, role })
    return { id, email }
  }

  async function session(role: Role) {
    const userId = users[role].id
    const started = await db.transaction((tx) =>
      startSession(tx, deps, { userId, userAgent: 'test' })
    )
    const access = await deps.tokens.sign(started)
    return { access, refresh: started.refreshToken, sessionId: started.sessionId }
  }

  async function browser(role: Role) {
    const { access, refresh } = await session(role)
    return { cookie: `at=${access}; rt=${refresh}`, 'sec-fetch-site': 'same-origin' }
  }

  async function client(role: Role) {
    const { access, refresh } = await session(role)
    const created = createClient(shop.url)
    created.cookies.set('at', access).set('rt', refresh)
    return created
  }

  const { orderId } = await placeOrder(await client('owner'))
  await shop.stripe.pay(await sessionOf(db, orderId))
  const serverOf = async () =>
    (await db.query<{ id: string }>(
      "SELECT id FROM servers WHERE order_id = ? AND status = 'active'",
      [orderId],
    ))[0]?.id
  await shop.pass(60_000, async () => await serverOf() !== undefined)

  return {
    shop,
    app: createApp(deps),
    users,
    orderId,
    serverId: await serverOf() ?? 'none',
    eventId: await handledEvent(db),
    browser,
    client,
    async program(role) {
      return { authorization: `Bearer ${(await session(role)).access}` }
    },
    async revokedBrowser(role) {
      const { access, refresh, sessionId } = await session(role)
      await revokeSession(db, sessionId, 'test')
      return { cookie: `at=${access}; rt=${refresh}`, 'sec-fetch-site': 'same-origin' }
    },
    sessionId: async (role) => (await session(role)).sessionId,
    async linkToken(purpose) {
      const { id: userId, email } = users.owner
      const id = await db.transaction((tx) => issueMailToken(tx, deps, { userId, purpose, email }))
      return mailTokenOf(deps.config.AUTH_SECRET, id)
    },
    async verify(role) {
      const id = role === null ? '' : users[role].id
      await db.run('UPDATE users SET email_verified_at = IF(id = ?, {now}, NULL)', [id])
    },
    async openOrder() {
      await db.run(
        "UPDATE orders SET status = 'expired' WHERE user_id = ? AND status = 'pending'",
        [users.owner.id],
      )
      return (await placeOrder(await client('owner'))).orderId
    },
    tables: () => checksums(shop),
    stop: shop.stop,
  }
}

async function handledEvent(db: Db): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    "SELECT id FROM stripe_events WHERE type = 'checkout.session.completed' AND flag IS NULL",
  )
  return row?.id ?? 'none'
}

async function checksums({ db }: Shop): Promise<Map<string, string>> {
  const tables = await db.query<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  )
  const names = tables.map(({ name }) => name).join(', ')
  const rows = await db.query<{ Table: string; Checksum: number | string }>(
    `CHECKSUM TABLE ${names}`,
  )
  return new Map(rows.map((row) => [row.Table.split('.')[1] ?? '', String(row.Checksum)]))
}
