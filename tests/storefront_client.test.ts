import { Hono } from 'hono'
import { afterEach, expect, test } from 'vitest'
import { createApi } from '../storefront/api.ts'
import { ProblemError } from '../storefront/problem_error.ts'

const running: Deno.HttpServer[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.shutdown()))
})

test('two tabs with many requests refresh an ended access cookie once, and all are answered', async () => {
  const shop = openShop()
  const [first, second] = openTabs(shop, 2)
  shop.accessExpires()
  const answers = await Promise.all([
    first.getOrders(),
    first.getServers(),
    second.getOrders(),
    second.getCurrentUser(),
  ])
  expect(answers).toEqual([[], [], [], { id: 'usr_1' }])
  expect(shop.count('POST /api/auth/refresh')).toBe(1)
})

test('a tab whose turn comes before the note of the other tab asks again instead of refreshing', async () => {
  const shop = openShop()
  const [first] = openTabs(shop, 1)
  const second = createApi({
    fetch: (path, init) => fetch(shop.url + path, init),
    // It waited while the first tab refreshed, and does not see yet what that one noted.
    exclusively: async (work) => {
      await first.getOrders()
      return await work(true)
    },
    refreshedAt: () => 0,
    noteRefresh() {},
    now: () => performance.timeOrigin + performance.now(),
  })
  shop.accessExpires()
  expect(await second.getOrders()).toEqual([])
  expect(shop.count('POST /api/auth/refresh')).toBe(1)
})

test('a tab that loses the race for a refresh (409) sends its request again with the newer cookie', async () => {
  const shop = openShop()
  const [tab] = openTabs(shop, 1)
  shop.accessExpires()
  shop.refreshAnswers(409, 'refresh-raced')
  expect(await tab.getOrders()).toEqual([])
  expect(shop.count('GET /api/orders')).toBe(2)
})

test('nobody signed in: the request fails with its own 401, and the refresh is tried once', async () => {
  const shop = openShop()
  const [tab] = openTabs(shop, 1)
  shop.accessExpires()
  shop.refreshAnswers(401, 'refresh-rejected')
  const failures = await Promise.all([tab.getOrders(), tab.getServers()].map(codeOf))
  expect(failures).toEqual(['login-required', 'login-required'])
  expect(shop.count('POST /api/auth/refresh')).toBe(1)
})

test('a refresh that fails for another reason does not pass for being signed out', async () => {
  const shop = openShop()
  const [tab] = openTabs(shop, 1)
  shop.accessExpires()
  shop.refreshAnswers(503, 'unavailable')
  expect(await codeOf(tab.getOrders())).toBe('unavailable')
})

test('a wrong password is a wrong password, not a reason to refresh', async () => {
  const shop = openShop()
  const [tab] = openTabs(shop, 1)
  expect(await codeOf(tab.logIn({ email: 'a@b.example', password: 'no' }))).toBe(
    'wrong-credentials',
  )
  expect(shop.count('POST /api/auth/refresh')).toBe(0)
})

test('createCheckoutSession() sends JSON with the key of the filled form', async () => {
  const shop = openShop()
  const [tab] = openTabs(shop, 1)
  const body = {
    planId: 'paper',
    term: 'monthly',
    currency: 'eur',
    region: 'frankfurt',
    serverName: 'Kestrel',
    options: { EULA: '1' },
  } as const
  expect(await tab.createCheckoutSession(body, 'key-of-this-form')).toEqual({
    type: 'application/json',
    key: 'key-of-this-form',
    body,
  })
})

test('an answer that is not ours counts as a failure of ours', async () => {
  const [tab] = openTabs(openShop(), 1)
  expect(await codeOf(tab.getPlans())).toBe('internal')
})

test('no answer at all is told as unreachable', async () => {
  const shop = openShop()
  const [tab] = openTabs(shop, 1)
  await running.pop()?.shutdown()
  expect(await codeOf(tab.getOrders())).toBe('unreachable')
})

/** A shop on a port of its own: who has no access cookie gets one by refreshing. */
function openShop() {
  const seen: string[] = []
  let signedIn = true
  let refresh: [number, string] | undefined
  const app = new Hono()
  app.use(async (c, next) => {
    seen.push(`${c.req.method} ${c.req.path}`)
    await next()
  })
  app.post('/api/auth/refresh', () => {
    signedIn = !refresh || refresh[0] === 409
    return refresh ? problem(...refresh) : Response.json({ user: { id: 'usr_1' } })
  })
  app.post('/api/auth/login', () => problem(401, 'wrong-credentials'))
  app.get('/api/plans', () => new Response('<h1>Bad gateway</h1>', { status: 502 }))
  app.use(async (_, next) => signedIn ? await next() : problem(401, 'login-required'))
  app.get('/api/auth/me', (c) => c.json({ user: { id: 'usr_1' } }))
  app.get('/api/orders', (c) => c.json({ orders: [] }))
  app.get('/api/servers', (c) => c.json({ servers: [] }))
  app.post('/api/checkout/sessions', async (c) =>
    c.json({
      type: c.req.header('content-type'),
      key: c.req.header('idempotency-key'),
      body: await c.req.json(),
    }, 201))
  const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, app.fetch)
  running.push(server)
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    count: (request: string) => seen.filter((each) => each === request).length,
    accessExpires: () => signedIn = false,
    refreshAnswers: (status: number, code: string) => refresh = [status, code],
  }
}

function problem(status: number, code: string): Response {
  const body = { type: `/problems/${code}`, title: code, status }
  return Response.json(body, { status, headers: { 'content-type': 'application/problem+json' } })
}

/** Tabs of one browser: each has its own client; the lock and the storage are shared. */
function openTabs(shop: { url: string }, count: 1 | 2) {
  let refreshedAt = 0
  let last: Promise<unknown> = Promise.resolve()
  function openTab() {
    return createApi({
      fetch: (path, init) => fetch(shop.url + path, init),
      exclusively(work) {
        const turn = last.then(() => work(false))
        last = turn.catch(() => {})
        return turn
      },
      refreshedAt: () => refreshedAt,
      noteRefresh: (at) => refreshedAt = at,
      now: () => performance.timeOrigin + performance.now(),
    })
  }
  const tab = openTab()
  return [tab, count === 2 ? openTab() : tab] as const
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code
    throw error
  }
  throw new Error('The call succeeded')
}
