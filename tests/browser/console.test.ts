import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServedWorld, SERVER, serveSampleWorld } from '../fixtures/panel/served.ts'
import { FULL_KEY } from '../fixtures/panel/world.ts'
import { violationsOf } from './axe.ts'
import { launchChromium, skipReason } from './chromium.ts'
import { DESKTOP, PHONE, visit, type Visitor } from './page.ts'

describe.skipIf(skipReason !== undefined)('the console of a server', () => {
  let browser: Browser | undefined
  let it: ServedWorld
  beforeAll(async () => void (browser = await launchChromium()))
  afterAll(async () => await browser?.close())
  beforeEach(() => void (it = serveSampleWorld()))
  afterEach(() => it.stop())

  async function open(options = {}): Promise<Visitor> {
    const visitor = await visit(browser, { shopUrl: it.url, ...options })
    await visitor.page.goto(`/server/${SERVER}`)
    await visitor.page.getByRole('link', { name: 'Console' }).click()
    await visitor.page.getByText('offline', { exact: true }).waitFor()
    return visitor
  }

  test('starts a server, shows its lines, and takes a command', async () => {
    const visitor = await open()
    const { page } = visitor
    await page.getByRole('button', { name: 'start', exact: true }).click()
    await page.getByText('starting', { exact: true }).waitFor()
    it.advance(10_000)
    await page.getByText('running', { exact: true }).waitFor()
    await page.getByLabel('Command').fill('say hello')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByLabel('Output').textContent()).toContain(
      'loading world\nReady for players\n> say hello\n',
    )
    await page.getByRole('button', { name: 'kill', exact: true }).click()
    await page.getByText('offline', { exact: true }).waitFor()
    await visitor.close()
  })

  test('gets a new token before its own ends, and says that a server is gone', async () => {
    const visitor = await open()
    const { page } = visitor
    const token = () => page.locator('body').getAttribute('data-token')
    const first = await token()
    it.advance(570_000)
    await expect.poll(token).not.toBe(first)
    await page.getByText('offline', { exact: true }).waitFor()
    await it.call('DELETE /api/application/servers/4', { key: FULL_KEY })
    await page.getByText('server deleted', { exact: true }).waitFor()
    await visitor.close()
  })

  test.each([['a phone', PHONE], ['a desktop', DESKTOP]])(
    'can be used by everybody on %s',
    async (_, viewport) => {
      const visitor = await open({ viewport })
      expect(await violationsOf(visitor.page)).toEqual([])
      await visitor.close()
    },
  )
})
