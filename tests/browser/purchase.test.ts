import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildStorefront } from '../../dev/build/storefront.ts'
import { expectInvariants } from '../support/invariants.ts'
import { PURCHASE, type Shop, startShop } from '../support/shop.ts'
import { launchChromium, skipReason } from './chromium.ts'

const PHONE = { width: 360, height: 740 }
const DESKTOP = { width: 1280, height: 800 }

if (skipReason) console.log(skipReason)

describe.skipIf(skipReason !== undefined)('in a browser', () => {
  let shop: Shop
  let browser: Browser | undefined
  let folder: string

  beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: 'spawnpoint-storefront-' })
    await buildStorefront({ outdir: folder })
    shop = await startShop({ storefront: folder, installMs: 1500 })
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await shop.stop()
    await Deno.remove(folder, { recursive: true })
  })

  /** A page that fails the test on any script error or refusal by the content security policy. */
  async function openPage(viewport: { width: number; height: number }) {
    if (!browser) throw new Error('Cannot open a page without a browser')
    const context = await browser.newContext({ viewport, locale: 'en-GB' })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      const text = message.text()
      if (/content security policy/i.test(text)) complaints.push(text)
    })
    return { page, complaints, close: () => context.close() }
  }

  async function choosePlan(page: Page): Promise<void> {
    await page.goto(shop.url)
    await page.getByTestId(`plan-${PURCHASE.planId}`).getByRole('link').click()
    await page.getByTestId('server-name').fill(PURCHASE.serverName)
    await page.locator('input[name=region][value=frankfurt]').check()
  }

  async function signUp(page: Page, email: string): Promise<void> {
    await page.getByTestId('email').fill(email)
    await page.getByTestId('password').fill('correct horse battery')
    await page.getByTestId('submit').click()
  }

  test.each([['a phone', PHONE], ['a desktop', DESKTOP]])(
    'on %s a stranger signs up, buys, pays, and sees the running server',
    async (name, viewport) => {
      const { page, complaints, close } = await openPage(viewport)
      await choosePlan(page)
      const total = await page.getByTestId('total').innerText()
      await page.getByTestId('pay').click()
      await page.waitForURL(/\/signup/)
      await signUp(page, `${name.replace(' ', '-')}@example.com`)

      // The plan and what was filled in survived the sign-up.
      await expect.poll(() => page.getByTestId('server-name').inputValue(), { timeout: 10_000 })
        .toBe(PURCHASE.serverName)
      await page.getByTestId('pay').click()
      await page.waitForURL(/\/c\/pay\//)
      expect((await page.locator('body').innerText()).replaceAll(/\s/g, ''))
        .toContain(total.replaceAll(/[^\d.]/g, ''))
      await page.getByTestId('pay').click()

      await page.waitForURL(/\/checkout\/return/)
      const address = await page.getByTestId('server-address').innerText({ timeout: 20_000 })
      expect(address).toMatch(/^[a-z0-9.-]+:\d+$/)
      expect(await page.getByTestId('timeline').innerText()).toContain('Your server runs at')
      await page.goto(`${shop.url}/servers`)
      await expect.poll(() => page.locator('main').innerText()).toContain(PURCHASE.serverName)
      expect(await overflow(page)).toBe(0)
      expect(complaints).toEqual([])
      await close()

      const [order] = await shop.db.query<{ ptero: number | null; status: string }>(
        'SELECT ptero_server_id AS ptero, status FROM orders ORDER BY id DESC LIMIT 1',
      )
      expect(order).toEqual({ ptero: expect.any(Number), status: 'provisioned' })
      await expectInvariants(shop)
    },
  )

  test('a declined card keeps the buyer at the payment page, and the next try is delivered', async () => {
    const { page, close } = await openPage(DESKTOP)
    await page.goto(`${shop.url}/signup`)
    await signUp(page, 'declined@example.com')
    await page.waitForURL((url) => url.pathname !== '/signup')
    await choosePlan(page)
    await page.getByTestId('pay').click()
    await page.waitForURL(/\/c\/pay\//)
    await page.getByTestId('decline').click()
    await expect.poll(() => page.getByTestId('alert').innerText()).toMatch(/declined/i)
    await page.getByTestId('pay').click()
    await page.waitForURL(/\/checkout\/return/)
    await page.getByTestId('server-address').waitFor({ timeout: 20_000 })
    await close()
  })

  test('the storefront is ours alone: hashed files are cached for ever, pages are not', async () => {
    const page = await fetch(`${shop.url}/plans/anything`)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    const [script] = /\/assets\/[^"]+\.js/.exec(await page.text()) ?? []
    const asset = await fetch(shop.url + script)
    await asset.body?.cancel()
    expect(asset.headers.get('cache-control')).toContain('immutable')
    const old = await fetch(`${shop.url}/assets/main-OLDHASH.js`)
    await old.body?.cancel()
    expect(old.status).toBe(404)
    const missing = await fetch(`${shop.url}/api/nothing`)
    expect(missing.status).toBe(404)
    expect((await missing.json()).type).toBe('/problems/not-found')
  })
})

/** How many pixels of the page lie to the right of the screen. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth
  )
}
