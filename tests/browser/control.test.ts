import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { controlApp } from '../../dev/emulators/control/app.ts'
import { serve, type Served } from '../../dev/emulators/serve.ts'
import { createTraffic } from '../../dev/emulators/traffic.ts'
import { createFaults, type Faults } from '../../dev/faults/faults.ts'
import type { Fetch } from '../../dev/faults/wire.ts'
import { createPanelEmulator } from '../../dev/panel/emulator.ts'
import { createStripeEmulator } from '../../dev/stripe/emulator.ts'
import { PANEL_KEY, STRIPE_KEY } from '../support/environment.ts'
import { violationsOf } from './axe.ts'
import { launchChromium, skipReason } from './chromium.ts'
import { DESKTOP, PHONE, visit, type Visitor } from './page.ts'

describe.skipIf(skipReason !== undefined)('the control page', () => {
  const now = () => new Date()
  let browser: Browser | undefined
  let served: Served
  let faults: Faults
  let stripe: Fetch
  let panel: Fetch

  beforeAll(async () => {
    browser = await launchChromium()
  })

  afterAll(async () => await browser?.close())

  beforeEach(() => {
    faults = createFaults({ now })
    const traffic = createTraffic({ now, faults })
    const url = 'http://stripe.test'
    stripe = traffic.watch(
      'stripe',
      createStripeEmulator({ url, secretKey: STRIPE_KEY, now, faults }).fetch,
    )
    panel = traffic.watch(
      'panel',
      createPanelEmulator({ url, applicationKey: PANEL_KEY, now, faults }).fetch,
    )
    const app = controlApp({
      faults,
      traffic,
      services: [{ service: 'stripe', url }, { service: 'panel', url: 'http://panel.test' }],
    })
    served = serve({ port: 0, hostname: '127.0.0.1' }, async (request) => await app.fetch(request))
    return () => served.stop()
  })

  async function createCustomer(): Promise<number> {
    const headers = {
      Authorization: `Bearer ${STRIPE_KEY}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    }
    const body = 'email=ada%40example.com'
    const url = 'http://stripe.test/v1/customers'
    return (await stripe(new Request(url, { method: 'POST', headers, body }))).status
  }

  async function listNodes(): Promise<number> {
    const headers = { Authorization: `Bearer ${PANEL_KEY}`, Accept: 'application/json' }
    return (await panel(new Request('http://panel.test/api/application/nodes', { headers }))).status
  }

  async function open(options = {}): Promise<Visitor> {
    const visitor = await visit(browser, { shopUrl: served.innerUrl, ...options })
    await visitor.page.goto('/')
    await visitor.page.getByText('Live', { exact: true }).waitFor()
    return visitor
  }

  const field = (page: Page, name: string) => page.locator(`[name="${name}"]`)
  const titles = (page: Page) => page.locator('.entry:visible .title').allTextContents()

  test('shows calls as they happen, opens one, filters and replays', async () => {
    await createCustomer()
    const visitor = await open()
    const { page } = visitor
    await page.getByText('POST /v1/customers').waitFor()
    await listNodes()
    await page.getByText('GET /api/application/nodes').waitFor()
    expect(await titles(page)).toEqual(['GET /api/application/nodes', 'POST /v1/customers'])
    await page.getByText('POST /v1/customers').click()
    await page.getByText('email = ada@example.com').waitFor()
    expect(await page.content()).not.toContain(STRIPE_KEY)
    await page.getByRole('button', { name: 'Replay' }).click()
    await expect.poll(() => titles(page)).toHaveLength(3)
    await page.getByRole('button', { name: 'Panel', exact: true }).click()
    expect(await titles(page)).toEqual(['GET /api/application/nodes'])
    await visitor.close()
  })

  test('orders a fault from a call, counts it, and cancels it', async () => {
    await createCustomer()
    const visitor = await open()
    const { page } = visitor
    await page.getByText('POST /v1/customers').click()
    await page.getByRole('button', { name: /fail the next time/ }).click()
    expect(await field(page, 'call').inputValue()).toBe('POST /v1/customers')
    await field(page, 'fault').selectOption('status')
    await field(page, 'setting.status').fill('503')
    await page.getByRole('button', { name: 'Order', exact: true }).click()
    await page.getByText('first 1 · asked 0 · fired 0 · in force').waitFor()
    expect(await createCustomer()).toBe(503)
    await page.getByText('first 1 · asked 1 · fired 1 · used up').waitFor()
    expect(await page.locator('.fault').allTextContents()).toEqual(['status'])
    await page.getByRole('button', { name: 'Cancel status' }).click()
    await page.getByText('Nothing is ordered to go wrong.').waitFor()
    expect(faults.list()).toEqual([])
    await visitor.close()
  })

  test('offers each service its own faults, and says what is wrong with an order', async () => {
    const visitor = await open({ tolerates: /422/ })
    const { page } = visitor
    const offered = () => page.locator('[name=fault] option').allTextContents()
    expect(await offered()).toContain('withhold')
    await field(page, 'service').selectOption('panel')
    expect(await offered()).not.toContain('withhold')
    await field(page, 'fault').selectOption('wings-refuses')
    await field(page, 'setting.status').selectOption('409')
    await field(page, 'wings').selectOption('delete')
    await field(page, 'when').selectOption('nth')
    await field(page, 'amount').fill('1, 3')
    await page.getByRole('button', { name: 'Order', exact: true }).click()
    await page.getByText('nth 1, 3 · asked 0').waitFor()
    expect(faults.list()[0]).toMatchObject({
      on: { service: 'panel', wings: 'delete' },
      when: { nth: [1, 3] },
      fault: { name: 'wings-refuses', status: 409 },
    })
    await field(page, 'fault').selectOption('refuse')
    await field(page, 'call').fill('customers')
    await page.getByRole('button', { name: 'Order', exact: true }).click()
    await page.getByRole('alert').getByText('on.call: must be like').waitFor()
    await visitor.close()
  })

  test.each(
    [
      [PHONE, 'light'],
      [PHONE, 'dark'],
      [DESKTOP, 'light'],
      [DESKTOP, 'dark'],
    ] as const,
  )('axe finds nothing at %j in %s', async (viewport, colorScheme) => {
    faults.order({ on: { service: 'stripe' }, when: { nth: 2 }, fault: 'html' })
    await createCustomer()
    await createCustomer()
    await listNodes()
    const visitor = await open({ viewport, colorScheme })
    const { page } = visitor
    await page.locator('.entry').nth(1).click()
    await page.locator('.detail').waitFor()
    expect(await violationsOf(page)).toEqual([])
    await visitor.close()
  })
})
