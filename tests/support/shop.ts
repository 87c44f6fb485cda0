import { expect, inject, vi } from 'vitest'
import type { RateLimits } from '../../api/accounts/rate_limits.ts'
import { createApp } from '../../api/app.ts'
import { parseConfig } from '../../api/config.ts'
import type { Db } from '../../api/db.ts'
import { buildDeps, type Deps } from '../../api/deps.ts'
import { type Loop, startLoop } from '../../api/jobs/loop.ts'
import { runDue } from '../../api/jobs/run.ts'
import { runSweeps, type SweepName, type SweepReport } from '../../api/jobs/sweep.ts'
import { createLog } from '../../api/log.ts'
import type { Catalogue } from '../../api/plans/catalogue.ts'
import { serveStorefront } from '../../api/storefront_files.ts'
import type { MailTemplate } from '../../api/mail/messages.ts'
import { createFaults, type Faults } from '../../dev/faults/faults.ts'
import { createMailbox, type ReceivedMail } from '../../dev/mailbox/emulator.ts'
import { createPanelEmulator, type PanelEmulator } from '../../dev/panel/emulator.ts'
import { createStripeEmulator, type StripeEmulator } from '../../dev/stripe/emulator.ts'
import { type Client, createClient } from './client.ts'
import { type Clock, createClock } from './clock.ts'
import { createContract } from './contract.ts'
import { freshDatabase } from './database.ts'
import { MAIL_KEY, PANEL_KEY, STRIPE_KEY, testEnvironment, WEBHOOK_SECRET } from './environment.ts'
import { NO_LIMITS } from './limits.ts'
import { serve, type ServedEmulator, serveEmulator } from './serve.ts'
import { applyShipped, PANEL_OPTIONS, roomy } from './shipped.ts'

/** A whole shop: a database of its own, the emulators and the API, each behind real HTTP. */
export interface Shop {
  url: string
  db: Db
  /** Where another process finds the same database. */
  databaseUrl: string
  /** What another process of the same shop is started with. */
  environment: Record<string, string>
  deps: Deps
  clock: Clock
  stripe: StripeEmulator
  panel: PanelEmulator
  /** The mails that the provider took, newest last. */
  mails: readonly ReceivedMail[]
  /**
   * The newest mail to an address, of one template or of any: waits until it is there. Runs what is
   * due meanwhile, unless the job loop does so by itself.
   */
  mailTo(address: string, template?: MailTemplate): Promise<ReceivedMail>
  /** Every log line so far. */
  lines: string[]
  /** What goes wrong at the services, ordered by name. */
  faults: Faults
  /**
   * Put something between the shop and a service, for what no fault can be named after: a test that
   * looks at a request, acts between it and its answer, or answers with what the request held.
   */
  intercept: { stripe?: Interceptor; panel?: Interceptor; mail?: Interceptor }
  client(): Client
  /** A client that is signed in as a new customer. */
  customer(email?: string): Promise<Client>
  /** Runs what is due until nothing is. */
  drain(): Promise<void>
  /** Runs these sweeps now; without names those that find what lost its job or its webhook. */
  sweep(...names: SweepName[]): Promise<SweepReport[]>
  /** Moves the clock in steps and drains, until `done` or `ms` have passed. */
  pass(ms: number, done?: () => Promise<boolean>): Promise<void>
  stop(): Promise<void>
}

export type Interceptor = (
  request: Request,
  next: (request: Request) => Promise<Response>,
) => Promise<Response>

/** A paid Minecraft plan of the catalogue that the tests buy. */
export const PURCHASE = {
  planId: 'minecraft-paper-4gb',
  term: 'monthly',
  currency: 'eur',
  region: 'frankfurt',
  serverName: 'Creeper Cove',
  options: {},
}

const STEP_MS = 2000

const EVERY_MINUTE: SweepName[] = ['open-orders', 'jobs', 'job-alerts', 'outbox', 'leases']

const MAIL_WITHIN_MS = 10_000

export async function startShop(
  {
    environment = {},
    installMs = 3000,
    rateLimits = NO_LIMITS,
    catalogue,
    storefront,
    clock = createClock(),
    databaseServer,
    random,
    runJobs = storefront !== undefined,
    waitsPassTime = false,
    appAheadMs = 0,
  }: {
    environment?: Record<string, string>
    installMs?: number
    rateLimits?: RateLimits
    /** Edits the catalogue before it is applied. */
    catalogue?: (catalogue: Catalogue) => void
    /** A folder with the built storefront: it is served, and the job loop runs by itself. */
    storefront?: string
    clock?: Clock
    /** Where the database is made; the server of the test run if absent. */
    databaseServer?: string
    /** Gives [0, 1) and decides every id; so that two runs have the same. */
    random?: () => number
    /** False to have jobs run only by `drain` and `pass`. */
    runJobs?: boolean
    /** Whether a wait for a turn at the panel moves the clock, and takes no time of the test. */
    waitsPassTime?: boolean
    /** How far the clock of the process is ahead of the database's. */
    appAheadMs?: number
  } = {},
): Promise<Shop> {
  const template = inject('template')
  const made = catalogue ? template.schema : template.sold
  const database = await freshDatabase(clock.offsetMs, databaseServer, made)
  const front = serve()
  const [stripeServer, panelServer, mailServer] = [
    serveEmulator(),
    serveEmulator(),
    serveEmulator(),
  ]
  const lines: string[] = []
  const intercept: Shop['intercept'] = {}
  const faults = createFaults({ now: clock.now })
  const stripe = createStripeEmulator({
    url: stripeServer.url,
    secretKey: STRIPE_KEY,
    now: clock.now,
    random,
    retryDelaysMs: [50, 100, 200],
    state: catalogue ? undefined : JSON.parse(template.stripe),
    faults,
  })
  const panel = createPanelEmulator({
    ...PANEL_OPTIONS,
    url: panelServer.url,
    applicationKey: PANEL_KEY,
    now: clock.now,
    random,
    installMs,
    faults,
  })
  const mailbox = createMailbox({ apiKey: MAIL_KEY, now: clock.now, faults })
  roomy(panel)
  route(stripeServer, stripe.fetch, () => intercept.stripe)
  route(panelServer, panel.fetch, () => intercept.panel)
  route(mailServer, mailbox.fetch, () => intercept.mail)

  const urls = {
    publicUrl: front.url,
    stripeUrl: stripeServer.url,
    panelUrl: panelServer.url,
    mailUrl: mailServer.url,
  }
  let loop: Loop | undefined
  const variables = { ...await testEnvironment(urls), ...environment }
  const config = parseConfig(variables)
  const deps = buildDeps(config, {
    openDb: database.openDb,
    log: createLog((line) => lines.push(line), clock.now),
    clientAddress: () => '127.0.0.1',
    wake: () => loop?.wake(),
    now: () => new Date(clock.now().getTime() + appAheadMs),
    rateLimits,
    passwordCost: { ln: 4, r: 8, p: 1 },
    sleep: waitsPassTime ? (ms) => Promise.resolve(clock.advance(ms)) : undefined,
    randomBytes: random && ((count) => Uint8Array.from({ length: count }, () => random() * 256)),
  })
  const app = createApp(deps)
  const site = storefront ? serveStorefront(app, storefront) : app
  const contract = createContract()
  front.handler = async (request) => contract.check(request, await site.fetch(request))
  const db = deps.openDb()
  if (catalogue) await applyShipped(db, deps, catalogue)
  // What Stripe tells of the catalogue is no order's business.
  stripe.addWebhookEndpoint({ url: `${front.url}/api/stripe/webhook`, secret: WEBHOOK_SECRET })
  if (runJobs) loop = startLoop(deps)

  const drain = async () => {
    await stripe.idle()
    while (await runDue(db, deps) > 0);
  }
  return {
    url: front.url,
    db,
    databaseUrl: database.url,
    environment: variables,
    deps,
    clock,
    stripe,
    panel,
    mails: mailbox.mails,
    mailTo: (address, template) =>
      vi.waitFor(async () => {
        if (!loop) await drain()
        const found = mailbox.mails.findLast((mail) =>
          mail.to.includes(address) && (!template || mail.tags.template === template)
        )
        if (found) return found
        throw new Error(`No mail ${template ?? ''} to ${address} came`)
      }, { timeout: MAIL_WITHIN_MS, interval: 50 }),
    lines,
    faults,
    intercept,
    client: () => createClient(front.url),
    customer: (email) => signedUp(front.url, email),
    drain,
    sweep: (...names) => runSweeps(db, deps, names.length ? names : EVERY_MINUTE),
    async pass(ms, done = () => Promise.resolve(false)) {
      await drain()
      for (let passed = 0; passed < ms && !await done(); passed += STEP_MS) {
        clock.advance(STEP_MS)
        await drain()
      }
    },
    async stop() {
      await loop?.stop()
      stripe.close()
      panel.close()
      await Promise.all([front, stripeServer, panelServer, mailServer].map((one) => one.stop()))
      await database.drop()
      expect(contract.violations).toEqual([])
    },
  }
}

/** Places an order and returns what the API answered. */
export async function placeOrder(client: Client, changes: Record<string, unknown> = {}) {
  const answer = await client.post('/api/checkout/sessions', { ...PURCHASE, ...changes }, {
    'idempotency-key': crypto.randomUUID(),
  })
  expect(answer.body).toMatchObject({ orderId: expect.stringMatching(/^ord_[0-9a-z]{26}$/) })
  return { orderId: String(answer.body.orderId), url: String(answer.body.url) }
}

/** The id of the session that an order is paid with. */
export async function sessionOf(db: Db, orderId: string): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    'SELECT stripe_session_id AS id FROM checkout_sessions WHERE order_id = ?',
    [orderId],
  )
  return row?.id ?? ''
}

async function signedUp(
  url: string,
  email = `${crypto.randomUUID()}@example.com`,
): Promise<Client> {
  const client = createClient(url)
  const answer = await client.post('/api/auth/signup', { email, password: 'correct horse battery' })
  expect(answer.status).toBe(201)
  return client
}

function route(
  server: ServedEmulator,
  fetch: (request: Request) => Promise<Response>,
  interceptor: () => Interceptor | undefined,
): void {
  server.handler = (request) => {
    const between = interceptor()
    return between ? between(request, fetch) : fetch(request)
  }
}
