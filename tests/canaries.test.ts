import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAIL_KEY, PANEL_KEY, STRIPE_KEY, WEBHOOK_SECRET } from './support/environment.ts'
import { PURCHASE, sessionOf, type Shop, startShop } from './support/shop.ts'

/** What must not be found anywhere, by the name of where it went in. */
const canaries: Record<string, string> = {
  STRIPE_SECRET_KEY: STRIPE_KEY,
  STRIPE_WEBHOOK_SECRETS: WEBHOOK_SECRET,
  PANEL_API_KEY: PANEL_KEY,
  MAIL_API_KEY: MAIL_KEY,
  password: 'canary-password-0123456789',
  'a wrong password': 'canary-wrong-password-0123',
  'a password that is too long': 'canary-long-'.repeat(30),
  'an unknown field': 'canary-field-0123456789',
  'a broken body': 'canary-broken-0123456789',
  'a query': 'canary-query-0123456789',
  'a bearer token': 'canary-bearer-0123456789',
  'basic credentials': btoa('canary:basic-0123456789'),
  'a cookie of ours': 'canary-cookie-0123456789',
  'a cookie of others': 'canary-other-cookie-012345',
  'a signature': 'canary-signature-0123456789',
  'a user agent': 'canary-agent-0123456789',
  'a forwarded address': 'canary-forwarded-0123456789',
  'a header': 'canary-header-0123456789',
  METRICS_TOKEN: 'canary-metrics-token-0123456789-abcdef',
  'the address of alerts': 'canary-alerts-address-0123456789',
}

const KEPT_IN: Record<string, string[]> = {
  // A session's device is kept with it, for its owner to recognise.
  'a user agent': ['sessions'],
  // Shown once, to whoever asked.
  'a program’s refresh token': ['an answer'],
  'a panel password': ['an answer'],
}

let shop: Shop
const answers: string[] = []
/** Rows as they stood while all failed; what went well later forgets its errors. */
const rows: (readonly [string, string])[] = []

beforeAll(async () => {
  shop = await startShop({
    installMs: 0,
    environment: {
      METRICS_TOKEN: canaries.METRICS_TOKEN ?? '',
      // Nobody listens there.
      ALERT_WEBHOOK_URL: `http://127.0.0.1:9/${canaries['the address of alerts']}`,
      ALERT_EMAIL: 'ops@example.com',
    },
  })
  canaries.AUTH_SECRET = shop.deps.config.AUTH_SECRET
  canaries.JWT_PRIVATE_KEY = shop.deps.config.JWT_PRIVATE_KEY.d
})

afterAll(() => shop.stop())

test('no secret is found in a log line, an answer or a table after all that can go wrong', async () => {
  await walk()
  const everywhere = [
    ...shop.lines.map((line) => ['the log', line] as const),
    ...answers.map((answer) => ['an answer', answer] as const),
    ...rows,
    ...await tables(),
  ]
  expect(everywhere.filter(([, text]) => text.includes('[secret]')).map(([place]) => place))
    .toEqual(expect.arrayContaining(['the log', 'order_events', 'jobs']))
  for (const [name, canary] of Object.entries(canaries)) {
    const found = everywhere.filter(([place, text]) =>
      text.includes(canary) && !KEPT_IN[name]?.includes(place)
    )
    expect(found.map(([place, text]) => `${name} in ${place}: ${text.slice(0, 300)}`)).toEqual([])
  }
})

/** The main flows, each with something that goes wrong and repeats what it was given. */
async function walk(): Promise<void> {
  const login = { email: 'canary@example.com', password: canaries.password }
  await send('POST', '/api/auth/signup', { ...login, password: long() })
  await send('POST', '/api/auth/signup', { ...login, apiKey: canaries['an unknown field'] })
  await send('POST', '/api/auth/signup', `{"password":"${canaries['a broken body']}`)
  const signup = await send('POST', '/api/auth/signup', login)
  expect(signup.status).toBe(201)
  remember(signup)
  await send('POST', '/api/auth/login', { ...login, password: canaries['a wrong password'] })
  const session = await send('POST', '/api/auth/login', login)
  const cookie = remember(session)
  await send('GET', `/api/auth/me?token=${canaries['a query']}`, undefined, { cookie })
  for (const authorization of [`Bearer ${canaries['a bearer token']}`, basic()]) {
    await send('GET', '/api/orders', undefined, { authorization })
  }
  const refused = `rt=${canaries['a cookie of ours']}; x=${canaries['a cookie of others']}`
  await send('POST', '/api/auth/refresh', {}, { cookie: refused })
  const signature = `t=1,v1=${canaries['a signature']}`
  await send('POST', '/api/stripe/webhook', {}, { 'stripe-signature': signature })
  await buyWhileAllFails(cookie)
  const refreshed = await send('POST', '/api/auth/refresh', {}, { cookie })
  expect(refreshed.status).toBe(200)
  const renewed = remember(refreshed)
  await recover(renewed, login)
  for (const token of [canaries.METRICS_TOKEN, canaries['a bearer token']]) {
    await send('GET', '/metrics', undefined, { authorization: `Bearer ${token}` })
  }
  await send('POST', '/api/auth/logout', {}, { cookie: renewed })
}

/** Links by mail, tokens for programs and the panel's password: shown once, or in a mail alone. */
async function recover(cookie: string, login: Record<string, unknown>): Promise<void> {
  const answer = await send('POST', '/api/auth/tokens', { grantType: 'password', ...login })
  canaries['a program’s refresh token'] = answer.body.refreshToken
  await send('POST', '/api/auth/verification', {}, { cookie })
  await send('POST', '/api/auth/password/forgot', { email: login.email })
  await shop.drain()
  await shop.drain()
  const tokens = shop.mails.flatMap(({ text }) => /#([\w-]{43})/.exec(text)?.[1] ?? [])
  expect(tokens.length).toBeGreaterThan(1)
  tokens.forEach((token, i) => canaries[`link ${i}`] = token)
  for (const token of tokens) await send('POST', '/api/auth/verification/confirm', { token })
  const headers = { cookie, 'idempotency-key': crypto.randomUUID() }
  const placed = await send('POST', '/api/checkout/sessions', PURCHASE, headers)
  await shop.stripe.pay(await sessionOf(shop.db, placed.body.orderId))
  await shop.pass(10_000)
  shop.intercept.mail = (request) => Promise.resolve(echo(request, 500))
  const panel = { currentPassword: canaries.password }
  const set = await send('POST', '/api/account/panel-login', panel, { cookie })
  expect(set.status).toBe(200)
  canaries['a panel password'] = set.body.password
  await shop.drain()
  shop.intercept.mail = undefined
}

async function buyWhileAllFails(cookie: string): Promise<void> {
  const headers = { cookie, 'idempotency-key': crypto.randomUUID() }
  shop.intercept.stripe = (request) => Promise.resolve(echo(request, 500))
  await send('POST', '/api/checkout/sessions', PURCHASE, headers)
  const refused = { cookie, 'idempotency-key': crypto.randomUUID() }
  shop.intercept.stripe = (request) => Promise.resolve(echo(request, 400))
  await send('POST', '/api/checkout/sessions', PURCHASE, refused)
  shop.intercept.stripe = undefined
  const placed = await send('POST', '/api/checkout/sessions', PURCHASE, headers)
  expect(placed.status).toBe(201)
  const { orderId } = placed.body
  await shop.stripe.pay(await sessionOf(shop.db, orderId))
  shop.intercept.panel = takenAccount
  await shop.pass(2000)
  shop.clock.advance(3_600_000)
  for (const status of [500, 401, 422]) {
    shop.intercept.panel = (request) => Promise.resolve(echo(request, status))
    await shop.pass(60_000)
  }
  shop.intercept.panel = () => Promise.reject(new Error(`refused for Bearer ${PANEL_KEY}`))
  await shop.pass(60_000)
  shop.intercept.panel = undefined
  shop.intercept.stripe = (request) => Promise.resolve(echo(request, 401))
  await shop.db.run("UPDATE orders SET status = 'pending' WHERE id = ?", [orderId])
  await send('POST', `/api/orders/${orderId}/sync`, {}, { cookie })
  shop.clock.advance(60_000)
  await shop.sweep()
  await shop.drain()
  rows.push(...await tables())
  shop.intercept.stripe = undefined
  await send('GET', `/api/orders/${orderId}`, undefined, { cookie })
}

/** What a careless service answers: the request it was sent, key and all. */
function echo(request: Request, status: number): Response {
  const key = request.headers.get('authorization')
  const detail = `Cannot take ${request.url} with ${key}`
  const errors = [{ code: 'Exception', status: String(status), detail }]
  const type = status < 500 ? 'invalid_request_error' : 'api_error'
  const error = { type, message: detail }
  return Response.json({ error, errors }, { status })
}

/** A panel that has an account with the buyer's address already, and says so at length. */
async function takenAccount(request: Request, next: (request: Request) => Promise<Response>) {
  if (request.method !== 'POST' || !request.url.endsWith('/application/users')) {
    return await next(request)
  }
  const detail = `The email has already been taken. ${request.headers.get('authorization')}`
  const meta = { source_field: 'email', rule: 'unique' }
  const errors = [{ code: 'ValidationException', status: '422', detail, meta }]
  return Response.json({ errors }, { status: 422 })
}

/** Keeps the tokens of an answer as canaries; gives them as the next request's cookies. */
function remember({ headers }: { headers: Headers }): string {
  const pairs = headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
  for (const pair of pairs) {
    canaries[`cookie ${Object.keys(canaries).length}`] = pair.slice(pair.indexOf('=') + 1)
  }
  expect(pairs).toHaveLength(2)
  return pairs.join('; ')
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await fetch(shop.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      'user-agent': String(canaries['a user agent']),
      'x-forwarded-for': String(canaries['a forwarded address']),
      'x-request-id': String(canaries['a header']),
      'x-api-key': String(canaries['a header']),
      ...headers,
    },
    body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const named = [...response.headers].filter(([name]) => name !== 'set-cookie')
  answers.push(`${JSON.stringify(named)} ${text}`)
  return {
    status: response.status,
    headers: response.headers,
    body: text && !text.startsWith('#') ? JSON.parse(text) : undefined,
  }
}

async function tables(): Promise<(readonly [string, string])[]> {
  const names = await shop.db.query<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  )
  const found: (readonly [string, string])[] = []
  for (const { name } of names) {
    const rows = await shop.db.query<Record<string, unknown>>(`SELECT * FROM ${name}`)
    for (const row of rows) found.push([name, Object.values(row).map(textOf).join('\n')])
  }
  return found
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value)
}

function long(): string {
  return String(canaries['a password that is too long'])
}

function basic(): string {
  return `Basic ${canaries['basic credentials']}`
}
