import { type ComponentChild, h } from 'preact'
import { jsx } from 'preact/jsx-runtime'
import { LocationProvider, Route, Router } from 'preact-iso'
import { expect, test } from 'vitest'
import type { OrderBody, TimelineEntryBody } from '../api/orders/bodies.ts'
import type { OrderStatus } from '../api/orders/status.ts'
import type { OptionBody, PlanBody } from '../api/plans/bodies.ts'
import { OrderStory } from '../storefront/components/order_story.tsx'
import { PlanForm } from '../storefront/components/plan_form.tsx'
import { PlanCard } from '../storefront/components/plan_card.tsx'
import { ComparePlans } from '../storefront/components/compare_plans.tsx'
import { Layout } from '../storefront/components/layout.tsx'
import { newDraft } from '../storefront/draft.ts'
import { orderHeadlines } from '../storefront/words/orders.ts'
import { Account } from '../storefront/pages/account.tsx'
import { CheckoutReturn } from '../storefront/pages/checkout_return.tsx'
import { Forgot } from '../storefront/pages/forgot.tsx'
import { Game } from '../storefront/pages/game.tsx'
import { Home } from '../storefront/pages/home.tsx'
import { LogIn } from '../storefront/pages/log_in.tsx'
import { NotFound } from '../storefront/pages/not_found.tsx'
import { Order } from '../storefront/pages/order.tsx'
import { Orders } from '../storefront/pages/orders.tsx'
import { Plan } from '../storefront/pages/plan.tsx'
import { Reset } from '../storefront/pages/reset.tsx'
import { Server } from '../storefront/pages/server.tsx'
import { Servers } from '../storefront/pages/servers.tsx'
import { SignUp } from '../storefront/pages/sign_up.tsx'
import { Verify } from '../storefront/pages/verify.tsx'
import { drawWithoutBrowser } from './support/bare_document.ts'

const pages = {
  Account,
  CheckoutReturn,
  Forgot,
  Game,
  Home,
  LogIn,
  NotFound,
  Order,
  Orders,
  Plan,
  Reset,
  Server,
  Servers,
  SignUp,
  Verify,
}

test.each(Object.entries(pages))('%s can be drawn without a browser', (_, page) => {
  const route = jsx(Route, { default: true, component: page })
  const router = h(Router, { children: [route] })
  const html = draw(h(Layout, { children: router }))
  expect(html).toContain('<main')
  expect(html).toMatch(/<h1|role="status"/)
})

test('every page of storefront/pages/ is drawn here', async () => {
  const files: string[] = []
  for await (const file of Deno.readDir('storefront/pages')) files.push(file.name)
  const drawn = Object.keys(pages).map((name) =>
    name.replace(/(?!^)[A-Z]/g, '_$&').toLowerCase() + '.tsx'
  )
  expect(files.sort()).toEqual(drawn.sort())
})

test('a plan’s form labels every field, keeps sold-out regions in sight and shows the whole price', () => {
  const html = draw(h(PlanForm, {
    plan,
    siblings: [plan, { ...plan, id: 'forge', name: 'Forge' }],
    regions: [
      { id: 'oslo', name: 'Oslo', country: 'NO', available: true },
      { id: 'bern', name: 'Bern', country: 'CH', available: true },
    ],
    currency: 'eur',
    currencies: ['eur'],
    initial: newDraft(plan, 'yearly'),
  }))
  for (const id of html.matchAll(/ id="(field-[\w-]+)"/g)) {
    if (/-(help|error)$/.test(id[1] ?? '')) continue
    expect(html).toContain(`for="${id[1]}"`)
  }
  for (const hook of ['region', 'term', 'server-name', 'total', 'pay']) {
    expect(html).toContain(`data-testid="${hook}"`)
  }
  expect(html).toMatch(/disabled="true" value="oslo"/)
  expect(html).toMatch(/data-testid="total"[^>]*>€100\.00</)
  expect(html).toContain('Then €100.00 every year, until you cancel.')
  expect(html).toContain('saves €20.00 (16 %)')
  expect(html).toContain('href="/plans/forge?term=yearly"')
  expect(html).toMatch(/href="\/plans\/paper\?term=yearly" aria-current="page"/)
})

test('a plan’s card names its price for the term and says when it is sold out', () => {
  const card = (regions: PlanBody['regions']) =>
    draw(h(PlanCard, { plan: { ...plan, regions }, term: 'yearly', currency: 'eur' }))
  expect(card(plan.regions)).toContain('data-testid="plan-paper"')
  expect(card(plan.regions)).toMatch(/€100\.00.*per year.*€8\.34 a month.*saves €20\.00 \(16 %\)/)
  expect(card([{ id: 'oslo', available: false }])).toMatch(/€100\.00.*Sold out/)
})

test('the plans of a game are compared: a column for what one of them has, sold-out regions in sight', () => {
  const bigger: PlanBody = {
    ...plan,
    id: 'forge',
    name: 'Forge',
    featureLimits: { ...plan.featureLimits, databases: 2 },
    regions: [{ id: 'oslo', available: false }],
  }
  const html = draw(h(ComparePlans, {
    game: { id: 'minecraft', name: 'Minecraft', summary: '' },
    plans: [plan, bigger],
    regions: [{ id: 'oslo', name: 'Oslo', country: 'NO', available: true }, {
      id: 'bern',
      name: 'Bern',
      country: 'CH',
      available: true,
    }],
    term: 'yearly',
    currency: 'eur',
  }))
  const columns = [...html.matchAll(/role="columnheader"[^>]*>([^<]*)</g)].map(([, label]) => label)
  expect(columns).toEqual([
    'Plan',
    'Memory',
    'CPU',
    'Disk',
    'Backups',
    'Databases',
    'Regions',
    'Price',
    '',
  ])
  const [paper = '', forge = ''] = html.split('data-testid="plan-').slice(1)
  expect(paper).toMatch(/data-label="Databases"[^>]*><span[^>]*>none</)
  expect(paper).toMatch(/Oslo, sold out<.*Bern<.*€100\.00.*href="\/plans\/paper\?term=yearly"/)
  expect(forge).toContain('>Sold out<')
  expect(forge).not.toContain('href=')
})

test.each(statuses())('an order that is %s says so, with what can be done', (status) => {
  const html = drawOrder({ status }, 9)
  expect(html).toContain(`data-status="${status}"`)
  expect(html).toContain(orderHeadlines[status])
  expect(html.includes('Go on to payment')).toBe(status === 'pending')
  expect(html.includes('Choose a plan again')).toBe(
    ['expired', 'canceled', 'refunded'].includes(status),
  )
})

test('the return page says that it is confirming, and after a while that nothing came', () => {
  expect(drawOrder({ status: 'pending' }, 1)).toContain('Confirming your payment')
  expect(drawOrder({ status: 'pending' }, 1)).not.toContain('Go on to payment')
  expect(drawOrder({ status: 'pending' }, 9)).toContain('No payment has arrived for this order')
})

test('an order that waits for room says so, and when the money goes back', () => {
  const html = drawOrder(
    { status: 'paid', waitingFor: 'room', refundAt: '2026-11-24T10:00:00Z' },
    9,
  )
  expect(html).toContain('Paid. Waiting for room')
  expect(html).toMatch(/If no server is running by 24 Nov 2026/)
})

test('the timeline promises what comes next only while something does', () => {
  expect(drawOrder({ status: 'paid' }, 9)).toContain('We create your server')
  expect(drawOrder({ status: 'refunded', atRest: true }, 9)).not.toContain('We create your server')
})

function draw(page: ComponentChild): string {
  const value = { url: '/', path: '/', query: {}, route() {}, back() {}, forward() {} }
  return drawWithoutBrowser(h(LocationProvider.ctx.Provider, { value, children: page }))
}

function drawOrder(changes: Partial<OrderBody>, looks: number): string {
  const story = { order: { ...order, ...changes }, timeline }
  return draw(h(OrderStory, { followed: { looks, story }, returning: true, onChange() {} }))
}

function statuses(): OrderStatus[] {
  return [
    'pending',
    'payment_processing',
    'paid',
    'provisioning',
    'provisioned',
    'provision_failed',
    'needs_review',
    'refunded',
    'expired',
    'canceled',
  ]
}

const option: OptionBody = {
  variable: 'VERSION',
  label: 'Version',
  help: '',
  kind: 'text',
  required: true,
  default: 'latest',
}

const plan: PlanBody = {
  id: 'paper',
  gameId: 'minecraft',
  name: 'Paper',
  summary: '',
  limits: { memoryMib: 2048, diskMib: 10240, cpuPercent: 100 },
  featureLimits: { databases: 0, backups: 1, allocations: 0 },
  prices: [
    { term: 'monthly', currency: 'eur', unitAmount: 1_000 },
    { term: 'yearly', currency: 'eur', unitAmount: 10_000 },
  ],
  regions: [{ id: 'oslo', available: false }, { id: 'bern', available: true }],
  options: [
    option,
    { ...option, variable: 'PVP', label: 'Fights', kind: 'boolean', default: '1' },
    { ...option, variable: 'SLOTS', label: 'Slots', kind: 'number', min: 1, max: 50 },
    { ...option, variable: 'MODE', label: 'Mode', kind: 'select', values: ['a', 'b'] },
  ],
}

const order: OrderBody = {
  id: 'ord_1',
  status: 'pending',
  statusText: 'A sentence.',
  atRest: false,
  planId: 'paper',
  planName: 'Paper',
  gameId: 'minecraft',
  regionId: 'bern',
  regionName: 'Bern',
  serverName: 'Kestrel',
  term: 'monthly',
  currency: 'eur',
  unitAmount: 1_000,
  waitingFor: null,
  serverId: 'srv_1',
  pteroServerId: null,
  checkoutUrl: 'https://checkout.stripe.com/c/1',
  createdAt: '2026-11-23T10:00:00Z',
  expiresAt: '2026-11-23T10:35:00Z',
  paidAt: null,
  refundAt: null,
}

const timeline: TimelineEntryBody[] = [{
  id: 'oev_1',
  at: '2026-11-23T10:01:00Z',
  kind: 'order.paid',
  text: 'Your payment arrived.',
  next: 'We create your server',
  nextAt: null,
  level: 'good',
}]
