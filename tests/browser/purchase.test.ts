import { expect, test } from 'vitest'
import { assertInvariants } from '../support/invariants.ts'
import { PURCHASE } from '../support/shop.ts'
import { DESKTOP, PHONE } from './page.ts'
import { choosePlan, goToStripe, payAndWait, signedUp, signUp } from './steps.ts'
import { describeInBrowser } from './suite.ts'

const ON_A_PHONE = { viewport: PHONE, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

describeInBrowser('in a browser', (suite) => {
  test.each(
    [
      ['a phone', ON_A_PHONE, 'tap'],
      ['a desktop', { viewport: DESKTOP }, 'click'],
    ] as const,
  )(
    'on %s a stranger signs up, buys, pays, and sees the running server',
    async (name, how, press) => {
      const visitor = await suite.visit(how)
      const { page } = visitor
      await choosePlan(page, press)
      const total = await page.getByTestId('total').innerText()
      await page.getByTestId('pay')[press]()
      await page.waitForURL(/\/signup/)
      await signUp(page, `${name.replace(' ', '-')}@example.com`, press)

      // The plan and what was filled in survived the sign-up.
      await expect.poll(() => page.getByTestId('server-name').inputValue(), { timeout: 10_000 })
        .toBe(PURCHASE.serverName)
      await goToStripe(page, press)
      expect((await page.locator('body').innerText()).replaceAll(/\s/g, ''))
        .toContain(total.replaceAll(/[^\d.]/g, ''))
      expect(await payAndWait(page, press)).toMatch(/^[a-z0-9.-]+:\d+$/)
      expect(await page.getByTestId('timeline').innerText()).toContain('Your server runs at')
      await page.goto('/servers')
      await expect.poll(() => page.locator('main').innerText()).toContain(PURCHASE.serverName)
      await visitor.close()

      const [order] = await suite.shop.db.query<{ ptero: number | null; status: string }>(
        'SELECT ptero_server_id AS ptero, status FROM orders ORDER BY id DESC LIMIT 1',
      )
      expect(order).toEqual({ ptero: expect.any(Number), status: 'provisioned' })
      await assertInvariants(suite.shop)
    },
  )

  test('a declined card keeps the buyer at the payment page, and the next try is delivered', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await signedUp(page, 'declined@example.com')
    await choosePlan(page)
    await goToStripe(page)
    await page.getByTestId('decline').click()
    await expect.poll(() => page.getByTestId('alert').innerText()).toMatch(/declined/i)
    await payAndWait(page)
    await visitor.close()
  })

  test('back from Stripe, by its link or by the back button, the open order is offered, and paid once', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await signedUp(page, 'back@example.com')
    await choosePlan(page)
    await goToStripe(page)
    await page.goBack()
    await page.getByText('You have not paid yet').waitFor()
    expect(await page.getByTestId('server-name').inputValue()).toBe(PURCHASE.serverName)

    await page.getByRole('link', { name: 'Go on to payment' }).click()
    await page.waitForURL(/\/c\/pay\//)
    await page.getByTestId('back').click()
    await page.getByText('You have not paid yet').waitFor()
    await page.getByRole('link', { name: 'Go on to payment' }).click()
    await page.waitForURL(/\/c\/pay\//)
    await payAndWait(page)
    await visitor.close()
    const orders = await suite.shop.db.query(
      'SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = ?',
      ['back@example.com'],
    )
    expect(orders).toHaveLength(1)
  })

  test('everything chosen survives signing up: term, region, name and settings', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/plans/rust-8gb')
    await page.locator('input[name=term][value=yearly]').check()
    await page.locator('input[name=region][value=new-york]').check()
    await page.getByTestId('server-name').fill('Wipe Thursday')
    await page.locator('[name="options/MAX_PLAYERS"]').fill('33')
    await page.locator('[name="options/RCON_PASS"]').fill('four-plain-words')
    const total = await page.getByTestId('total').innerText()
    await page.getByTestId('pay').click()
    await page.waitForURL(/\/signup/)
    await signUp(page, 'survives@example.com')

    await page.waitForURL(/\/plans\/rust-8gb/)
    await expect.poll(() => page.getByTestId('server-name').inputValue()).toBe('Wipe Thursday')
    expect(await page.locator('input[name=term]:checked').inputValue()).toBe('yearly')
    expect(await page.locator('input[name=region]:checked').inputValue()).toBe('new-york')
    expect(await page.locator('[name="options/MAX_PLAYERS"]').inputValue()).toBe('33')
    expect(await page.getByTestId('total').innerText()).toBe(total)
    await goToStripe(page)
    await visitor.close()
    const [order] = await suite.shop.db.query(
      `SELECT term, region_id AS region, server_name AS name FROM orders ORDER BY id DESC LIMIT 1`,
    )
    expect(order).toEqual({ term: 'yearly', region: 'new-york', name: 'Wipe Thursday' })
  })

  test('the storefront is ours alone: hashed files are cached for ever, pages are not', async () => {
    const { url } = suite.shop
    const page = await fetch(`${url}/plans/anything`)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    const [script] = /\/assets\/[^"]+\.js/.exec(await page.text()) ?? []
    const asset = await fetch(url + script)
    await asset.body?.cancel()
    expect(asset.headers.get('cache-control')).toContain('immutable')
    const old = await fetch(`${url}/assets/main-OLDHASH.js`)
    await old.body?.cancel()
    expect(old.status).toBe(404)
    const missing = await fetch(`${url}/api/nothing`)
    expect(missing.status).toBe(404)
    expect((await missing.json()).type).toBe('/problems/not-found')
  })
})
