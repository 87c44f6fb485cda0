import type { Page, Route } from 'playwright-core'
import type { Login, Showcase } from './showcase.ts'

/** A page of the shop in one state, to be looked at. */
export interface Scene {
  /** What a file may be called. */
  name: string
  path(showcase: Showcase): string
  /** Who looks; a stranger if absent. */
  as?: 'customer' | 'newcomer'
  /** Comes between the page and the shop, before the page is opened. */
  before?(page: Page, showcase: Showcase): Promise<unknown>
  /** What somebody does once the page is there. */
  act?(page: Page, showcase: Showcase): Promise<void>
  /** Seen once the page is as it should be; the page's heading if absent. */
  ready?: string
  /** True where the page waits for ever, so that its marks of waiting are what is shown. */
  waits?: boolean
}

export const scenes: Scene[] = [
  { name: 'home', path: () => '/', ready: '[data-testid^=plan-]' },
  { name: 'home-signed-in', path: () => '/', as: 'customer', ready: '[data-testid^=plan-]' },
  { name: 'home-loading', path: () => '/', before: hang('**/api/plans'), waits: true },
  {
    name: 'home-slow',
    path: () => '/',
    before: async (page) => {
      await page.clock.install()
      await hang('**/api/plans')(page)
    },
    act: (page) => page.clock.fastForward(20_000),
    waits: true,
  },
  {
    name: 'home-failed',
    path: () => '/',
    before: answer('**/api/plans', 500),
    ready: '[role=alert]',
  },
  {
    name: 'home-unreachable',
    path: () => '/',
    before: cutOff('**/api/plans'),
    ready: '[role=alert]',
  },

  { name: 'game', path: () => '/games/minecraft', ready: '.compare' },
  { name: 'game-yearly', path: () => '/games/rust?term=yearly', ready: '.compare' },
  { name: 'game-unknown', path: () => '/games/no-such-game' },
  { name: 'game-loading', path: () => '/games/rust', before: hang('**/api/*'), waits: true },
  { name: 'plan', path: () => '/plans/minecraft-paper-4gb', ready: '[data-testid=pay]' },
  {
    name: 'plan-signed-in',
    path: () => '/plans/minecraft-paper-4gb',
    as: 'customer',
    ready: '[data-testid=pay]',
  },
  { name: 'plan-voice', path: () => '/plans/teamspeak-512mb', ready: '[data-testid=pay]' },
  {
    name: 'plan-region-full',
    path: ({ planWithFullRegion }) => `/plans/${planWithFullRegion}`,
    ready: '[data-testid=pay]',
  },
  {
    name: 'plan-sold-out',
    path: ({ soldOutPlan }) => `/plans/${soldOutPlan}`,
    ready: '[data-testid=server-name]',
  },
  {
    name: 'plan-errors',
    path: () => '/plans/minecraft-paper-4gb',
    as: 'customer',
    ready: '[data-testid=pay]',
    act: async (page) => {
      await page.getByTestId('server-name').fill('<no such name>')
      await page.getByTestId('pay').click()
      await page.locator('[aria-invalid=true]').first().waitFor()
    },
  },
  {
    name: 'plan-just-filled',
    path: () => '/plans/minecraft-paper-4gb',
    as: 'customer',
    before: answer('**/api/checkout/sessions', 409, {
      type: '/problems/region-full',
      title: 'Region full',
      regionsWithRoom: ['new-york'],
    }),
    ready: '[data-testid=pay]',
    act: async (page) => {
      await page.getByTestId('server-name').fill('Lunar Outpost')
      await page.getByTestId('pay').click()
      await page.locator('[role=alert]').first().waitFor()
    },
  },
  {
    name: 'plan-back-from-stripe',
    path: ({ orders }) => `/plans/garrys-mod-6gb?canceled=${orders.pending}`,
    as: 'customer',
    ready: '.notice',
  },
  { name: 'plan-unknown', path: () => '/plans/no-such-plan' },
  { name: 'plan-loading', path: () => '/plans/rust-8gb', before: hang('**/api/*'), waits: true },

  { name: 'sign-up', path: () => '/signup', ready: '[data-testid=submit]' },
  {
    name: 'sign-up-for-plan',
    path: () => '/signup?next=/plans/rust-8gb',
    ready: '[data-testid=submit]',
  },
  {
    name: 'sign-up-errors',
    path: () => '/signup',
    ready: '[data-testid=submit]',
    act: async (page) => {
      await page.getByTestId('email').fill('robin')
      await page.getByTestId('password').fill('short')
      await page.getByTestId('submit').click()
      await page.locator('[aria-invalid=true]').first().waitFor()
    },
  },
  {
    name: 'sign-up-taken',
    path: () => '/signup',
    ready: '[data-testid=submit]',
    act: (page, { customer }) => sendCredentials(page, customer),
  },
  { name: 'log-in', path: () => '/login', ready: '[data-testid=submit]' },
  {
    name: 'log-in-wrong',
    path: () => '/login',
    ready: '[data-testid=submit]',
    act: (page, { customer }) => sendCredentials(page, { ...customer, password: 'not my words' }),
  },

  { name: 'forgot', path: () => '/forgot', ready: '[data-testid=submit]' },
  {
    name: 'forgot-sent',
    path: () => '/forgot',
    before: answer('**/api/auth/password/forgot', 202),
    ready: '[data-testid=submit]',
    act: async (page) => {
      await page.getByTestId('email').fill('robin@example.com')
      await page.getByTestId('submit').click()
      await page.locator('h1[tabindex]').waitFor()
    },
  },
  { name: 'reset', path: () => '/reset#some-token', ready: '[data-testid=submit]' },
  {
    name: 'reset-common',
    path: () => '/reset#some-token',
    before: answer('**/api/auth/password/reset', 422, {
      type: '/problems/validation-failed',
      errors: [{ pointer: '#/password', detail: 'This password is among the first tried' }],
    }),
    ready: '[data-testid=submit]',
    act: async (page) => {
      await page.getByTestId('password').fill('password1')
      await page.getByTestId('submit').click()
      await page.locator('[aria-invalid=true]').waitFor()
    },
  },
  { name: 'reset-invalid', path: () => '/reset' },
  {
    name: 'reset-done',
    path: () => '/reset#some-token',
    before: answer('**/api/auth/password/reset', 204),
    ready: '[data-testid=submit]',
    act: async (page) => {
      await page.getByTestId('password').fill('correct horse battery')
      await page.getByTestId('submit').click()
      await page.locator('main a[href="/login"]').waitFor()
    },
  },
  { name: 'verify', path: () => '/verify#some-token', ready: '[data-testid=submit]' },
  { name: 'verify-invalid', path: () => '/verify' },
  {
    name: 'verify-done',
    path: () => '/verify#some-token',
    as: 'customer',
    before: answer('**/api/auth/verification/confirm', 200, { email: 'robin@example.com' }),
    ready: '[data-testid=submit]',
    act: async (page) => {
      await page.getByTestId('submit').click()
      await page.locator('main a[href="/servers"]').waitFor()
    },
  },

  {
    name: 'return-confirming',
    path: ({ orders }) => `/checkout/return?order=${orders.pending}`,
    as: 'customer',
    before: onlyOnce,
    ready: '[data-testid=order-status]',
  },
  {
    name: 'return-installing',
    path: ({ orders }) => `/checkout/return?order=${orders.installing}`,
    as: 'customer',
    ready: '[data-testid=timeline]',
  },
  {
    name: 'return-done',
    path: ({ orders }) => `/checkout/return?order=${orders.running}`,
    as: 'customer',
    ready: '[data-testid=server-address]',
  },

  { name: 'servers', path: () => '/servers', as: 'customer', ready: '.server-list' },
  { name: 'servers-empty', path: () => '/servers', as: 'newcomer', ready: '.lost' },
  {
    name: 'servers-loading',
    path: () => '/servers',
    as: 'customer',
    before: hang('**/api/servers'),
    waits: true,
  },
  {
    name: 'servers-failed',
    path: () => '/servers',
    as: 'customer',
    before: answer('**/api/servers', 503),
    ready: '[role=alert]',
  },
  {
    name: 'server-running',
    path: ({ servers }) => `/servers/${servers.running}`,
    as: 'customer',
    ready: '[data-testid=server-address]',
  },
  {
    name: 'server-panel-login',
    path: ({ servers }) => `/servers/${servers.running}`,
    as: 'customer',
    before: answer('**/api/account/panel-login', 200, {
      panelUrl: 'https://panel.example.com',
      username: 'robin_7f3k2m',
      password: 'vT4k9mQpx2LzRw7cbN5dHs3G',
    }),
    ready: '[data-testid=current-password]',
    act: async (page) => {
      await page.getByTestId('current-password').fill('correct horse battery')
      await page.getByTestId('panel-login').click()
      await page.getByTestId('panel-login-shown').waitFor()
    },
  },
  {
    name: 'server-installing',
    path: ({ servers }) => `/servers/${servers.installing}`,
    as: 'customer',
    ready: '[data-testid=timeline]',
  },

  { name: 'orders', path: () => '/orders', as: 'customer', ready: '.rows' },
  { name: 'orders-empty', path: () => '/orders', as: 'newcomer', ready: '.lost' },
  ...([
    'pending',
    'processing',
    'installing',
    'panel',
    'room',
    'failed',
    'running',
    'disputed',
    'review',
    'refunded',
    'expired',
    'canceled',
  ] as const).map((story): Scene => ({
    name: `order-${story}`,
    path: ({ orders }) => `/orders/${orders[story]}`,
    as: 'customer',
    ready: story === 'running' ? '[data-testid=server-address]' : '[data-testid=timeline]',
  })),

  { name: 'account', path: () => '/account', as: 'customer', ready: '.settings' },
  { name: 'account-unverified', path: () => '/account', as: 'newcomer', ready: '.settings' },
  {
    name: 'account-forms',
    path: () => '/account',
    as: 'customer',
    before: answer('**/api/account/email', 403, {
      type: '/problems/wrong-password',
      errors: [{ pointer: '#/currentPassword', detail: 'This is not your password' }],
    }),
    ready: '[data-testid=session]',
    act: async (page) => {
      await page.getByRole('button', { name: 'Change the password' }).click()
      await page.getByRole('button', { name: 'Change the address' }).click()
      const section = page.getByRole('region', { name: 'E-mail address' })
      await section.getByLabel('New e-mail address').fill('robin@example.org')
      await section.getByLabel('Your password').fill('not my words')
      await section.getByRole('button', { name: 'Send the link' }).click()
      await section.locator('[aria-invalid=true]').waitFor()
      const end = page.getByRole('button', { name: 'End all others' })
      if (await end.count() > 0) await end.click()
    },
  },
  {
    name: 'account-failed',
    path: () => '/account',
    as: 'customer',
    before: answer('**/api/account/sessions', 500),
    ready: '[role=alert]',
  },

  { name: 'reference', path: () => '/api/reference' },
  { name: 'offline', path: () => '/offline.html' },
  { name: 'not-found', path: () => '/no-such-page' },
  {
    name: 'error',
    path: () => '/',
    ready: '[data-testid^=plan-]',
    // as after a release, when an open page asks for a script that is gone
    act: async (page) => {
      await page.route('**/assets/*', (route) => route.fulfill({ status: 404 }))
      await page.locator('header a[href^="/login"]').click()
      await page.locator('[role=alert]').waitFor()
    },
  },
]

/** Opens the scene in a page whose context has no cookies yet, and ends when it is as it should be. */
export async function openScene(page: Page, scene: Scene, showcase: Showcase): Promise<void> {
  const { shop } = showcase
  const login = scene.as && showcase[scene.as]
  if (login) await signIn(page, login)
  await page.clock.setFixedTime(shop.clock.now())
  await scene.before?.(page, showcase)
  await page.goto(shop.url + scene.path(showcase))
  await page.locator(scene.ready ?? 'main').first().waitFor().catch(async (error) => {
    const shown = await page.locator('main').innerText()
    throw new Error(`${scene.name} is not there; the page shows: ${shown}`, { cause: error })
  })
  await page.locator('h1').first().waitFor({ state: 'attached' })
  if (!scene.waits) await settle(page)
  await scene.act?.(page, showcase)
  await page.evaluate(() => document.fonts.ready)
}

/** Nothing on the page says any more that it waits. */
async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector('main [aria-busy=true], main .waiting'))
}

/** As a browser that has been here before: its cookies, and its note that somebody is signed in. */
async function signIn(page: Page, { cookies }: Login): Promise<void> {
  await page.context().addCookies(cookies)
  await page.addInitScript(() => localStorage.setItem('signed-in', '1'))
}

async function sendCredentials(page: Page, { email, password }: Login): Promise<void> {
  await page.getByTestId('email').fill(email)
  await page.getByTestId('password').fill(password)
  await page.getByTestId('submit').click()
  await page.locator('[role=alert]').first().waitFor()
}

function hang(url: string) {
  return (page: Page) => page.route(url, () => new Promise(() => {}))
}

function answer(url: string, status: number, problem: Record<string, unknown> = {}) {
  const body = { type: '/problems/internal', title: 'Internal error', status, ...problem }
  return (page: Page) =>
    page.route(url, (route) => route.fulfill({ status, json: { ...body, requestId: REQUEST_ID } }))
}

const REQUEST_ID = 'req_01kkg5v9m8c4x2w7t3n6r0p1zq'

function cutOff(url: string) {
  return (page: Page) => page.route(url, (route) => route.abort())
}

/** The first look at the order is answered, and the next ones are still under way. */
async function onlyOnce(page: Page): Promise<void> {
  let looks = 0
  await page.route('**/api/orders/**', (route: Route) => {
    if (looks++ === 0) return route.continue()
    return new Promise(() => {})
  })
}
