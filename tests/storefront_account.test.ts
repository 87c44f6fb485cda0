import { Hono } from 'hono'
import { type ComponentChild, h } from 'preact'
import { LocationProvider, Route, Router } from 'preact-iso'
import { jsx } from 'preact/jsx-runtime'
import { afterEach, expect, test } from 'vitest'
import type { ServerBody } from '../api/servers/bodies.ts'
import { type Api, createApi, type User } from '../storefront/api.ts'
import { LogIn } from '../storefront/pages/log_in.tsx'
import { PanelLogin } from '../storefront/components/panel_login.tsx'
import { VerifyBanner } from '../storefront/components/verify_banner.tsx'
import { ProblemError } from '../storefront/problem_error.ts'
import { endSession, enter } from '../storefront/session.ts'
import { dropEmail, keepEmail, keepEmailForLink, keptEmail } from '../storefront/typed_email.ts'
import { passwordWords } from '../storefront/words/auth.ts'
import { drawWithoutBrowser } from './support/bare_document.ts'

const running: Deno.HttpServer[] = []

afterEach(async () => {
  endSession()
  dropEmail()
  await Promise.all(running.splice(0).map((server) => server.shutdown()))
})

test.each<[string, (api: Api) => Promise<unknown>, unknown]>([
  ['POST /api/auth/verification', (api) => api.sendVerification(), {}],
  ['POST /api/auth/verification/confirm', (api) => api.confirmAddress('t'), { token: 't' }],
  ['POST /api/auth/password/forgot', (api) => api.forgotPassword('a@b.example'), {
    email: 'a@b.example',
  }],
  ['POST /api/auth/password/reset', (api) => api.resetPassword({ token: 't', password: 'p' }), {
    token: 't',
    password: 'p',
  }],
  ['PATCH /api/account', (api) => api.changeName(null), { name: null }],
  [
    'PUT /api/account/password',
    (api) => api.changePassword({ currentPassword: 'a', newPassword: 'b' }),
    { currentPassword: 'a', newPassword: 'b' },
  ],
  [
    'PUT /api/account/email',
    (api) => api.changeEmail({ email: 'a@b.example', currentPassword: 'a' }),
    { email: 'a@b.example', currentPassword: 'a' },
  ],
  ['DELETE /api/account/email', (api) => api.dropEmailChange(), {}],
  ['DELETE /api/account/sessions', (api) => api.endOtherSessions(), {}],
  ['DELETE /api/account/sessions/ses_1%2F..', (api) => api.endSession('ses_1/..'), {}],
  ['POST /api/account/panel-login', (api) => api.createPanelLogin('a'), { currentPassword: 'a' }],
])('the client sends %s', async (request, call, body) => {
  const shop = openShop()
  await call(shop.tab())
  expect(shop.seen).toEqual([[request, body]])
})

test('a session that was ended elsewhere: every request fails with 401, after one try to refresh', async () => {
  const shop = openShop()
  shop.revoke()
  const [first, second] = [shop.tab(), shop.tab()]
  const failures = await Promise.all([
    codeOf(first.changeName('Robin')),
    codeOf(first.getSessions()),
    codeOf(second.endOtherSessions()),
  ])
  expect(failures).toEqual(['login-required', 'login-required', 'login-required'])
  const refreshes = shop.seen.filter(([request]) => request === 'POST /api/auth/refresh')
  // One a tab at most: the second tab cannot know what the first was told.
  expect([1, 2]).toContain(refreshes.length)
})

test('a wrong current password is no reason to refresh or to log in again', async () => {
  const shop = openShop()
  shop.answer('PUT /api/account/password', 403, 'wrong-password')
  const change = { currentPassword: 'a', newPassword: 'b' }
  expect(await codeOf(shop.tab().changePassword(change))).toBe('wrong-password')
  expect(shop.seen.map(([request]) => request)).toEqual(['PUT /api/account/password'])
})

test.each([
  [0, /^At least 8 characters/],
  [5, /^3 characters to go/],
  [7, /^1 character to go/],
  [8, /^Long enough/],
  [15, /^Good and long/],
])('a new password of %i characters is told how long it is', (count, words) => {
  expect(passwordWords.length(count)).toMatch(words)
})

test('a typed address goes along to the next form, and is gone once somebody is in', () => {
  expect(keptEmail()).toBe('')
  keepEmail('robin@example.com')
  expect(keptEmail()).toBe('robin@example.com')
  dropEmail()
  expect(keptEmail()).toBe('')
})

test('the address a link was sent to is known in other tabs for as long as the link works', () => {
  keepEmailForLink('robin@example.com')
  sessionStorage.clear() // another tab
  expect(keptEmail()).toBe('robin@example.com')
  const longAgo = Date.now() - 31 * 60_000
  localStorage.setItem('email', JSON.stringify({ email: 'robin@example.com', at: longAgo }))
  expect(keptEmail()).toBe('')
  localStorage.setItem('email', '{')
  expect(keptEmail()).toBe('')
})

test('only whoever has not confirmed their address is asked to', () => {
  expect(draw(h(VerifyBanner, {}))).toBe('')
  enter(user)
  expect(draw(h(VerifyBanner, {}))).toMatch(/confirm.*robin@example\.com.*Send the mail again/)
  enter({ ...user, emailVerified: true })
  expect(draw(h(VerifyBanner, {}))).toBe('')
})

test('the panel login asks to confirm the address first, then for the password', () => {
  enter(user)
  expect(drawPanelLogin()).toContain('First confirm your e-mail address')
  expect(drawPanelLogin()).not.toContain('current-password')
  enter({ ...user, emailVerified: true })
  expect(inputOf(drawPanelLogin(), 'currentPassword').autocomplete).toBe('current-password')
  expect(inputOf(drawPanelLogin(), 'username'))
    .toMatchObject({ autocomplete: 'username', value: 'robin@example.com' })
  expect(drawPanelLogin({ panelUrl: null })).toContain('as soon as your first server is set up')
  expect(drawPanelLogin({ panelUrl: null })).not.toContain('current-password')
})

test('password managers find one form with stable names and the kinds of its fields', () => {
  endSession()
  const route = jsx(Route, { default: true, component: LogIn })
  const html = draw(h(Router, { children: [route] }))
  expect(html.match(/<form/g)).toHaveLength(1)
  expect(html).toMatch(/<form[^>]*method="post"/)
  expect(inputOf(html, 'email')).toMatchObject({ id: 'field-email', autocomplete: 'username' })
  expect(inputOf(html, 'password'))
    .toMatchObject({ id: 'field-password', type: 'password', autocomplete: 'current-password' })
  expect(html).toMatch(/<button[^>]*type="submit"/)
})

const user: User = {
  id: 'usr_1',
  email: 'robin@example.com',
  emailVerified: false,
  pendingEmail: null,
  name: null,
  role: 'customer',
  createdAt: '2026-09-02T10:00:00Z',
}

const server: ServerBody = {
  id: 'srv_1',
  orderId: 'ord_1',
  name: 'Kestrel',
  status: 'active',
  statusText: 'A sentence.',
  planId: 'paper',
  planName: 'Paper',
  gameId: 'minecraft',
  regionId: 'bern',
  regionName: 'Bern',
  limits: { memoryMib: 2048, diskMib: 10240, cpuPercent: 100 },
  address: 'bern.example.com:25565',
  panelUrl: 'https://panel.example.com/server/1',
  createdAt: '2026-11-23T10:00:00Z',
  activeAt: '2026-11-23T10:02:00Z',
}

function draw(page: ComponentChild): string {
  const value = { url: '/', path: '/', query: {}, route() {}, back() {}, forward() {} }
  return drawWithoutBrowser(h(LocationProvider.ctx.Provider, { value, children: page }))
}

function drawPanelLogin(changes: Partial<ServerBody> = {}): string {
  return draw(h(PanelLogin, { server: { ...server, ...changes } }))
}

/** The attributes of a drawn input. */
function inputOf(html: string, name: string): Record<string, string> {
  const [tag] = new RegExp(`<input[^>]* name="${name}"[^>]*>`).exec(html) ?? []
  if (!tag) throw new Error(`There is no input ${name} in ${html}`)
  return Object.fromEntries(
    [...tag.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  )
}

/** A shop on a port of its own that keeps what it was sent, until it knows nobody any more. */
function openShop() {
  const seen: [string, unknown][] = []
  const answers = new Map<string, Response>()
  let revoked = false
  const app = new Hono()
  app.all('*', async (c) => {
    const request = `${c.req.method} ${c.req.path}`
    seen.push([request, c.req.method === 'GET' ? undefined : await c.req.json()])
    if (revoked) {
      return problem(401, c.req.path.endsWith('refresh') ? 'refresh-rejected' : 'login-required')
    }
    return answers.get(request) ?? c.json({ user: { id: 'usr_1' }, sessions: [] })
  })
  const serving = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, app.fetch)
  running.push(serving)
  const url = `http://127.0.0.1:${serving.addr.port}`
  return {
    seen,
    tab: () => openTab(url),
    revoke: () => revoked = true,
    answer: (request: string, status: number, code: string) =>
      answers.set(request, problem(status, code)),
  }
}

function openTab(url: string): Api {
  let last: Promise<unknown> = Promise.resolve()
  return createApi({
    fetch: (path, init) => fetch(url + path, init),
    exclusively(work) {
      const turn = last.then(() => work(false))
      last = turn.catch(() => {})
      return turn
    },
    refreshedAt: () => 0,
    noteRefresh() {},
    now: () => performance.timeOrigin + performance.now(),
  })
}

function problem(status: number, code: string): Response {
  const body = { type: `/problems/${code}`, title: code, status }
  return Response.json(body, { status, headers: { 'content-type': 'application/problem+json' } })
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
