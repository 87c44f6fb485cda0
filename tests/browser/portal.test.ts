import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalogue, start } from '../support/stripe.ts'
import { violationsOf } from './axe.ts'
import { launchChromium, skipReason } from './chromium.ts'

const PHONE = { width: 360, height: 800 }
const DESKTOP = { width: 1280, height: 900 }

describe.skipIf(skipReason !== undefined)('the customer portal', () => {
  let browser: Browser | undefined

  beforeAll(async () => {
    browser = await launchChromium()
  })

  afterAll(async () => await browser?.close())

  test.each(
    [
      [PHONE, 'dark'],
      [DESKTOP, 'light'],
    ] as const,
  )('can be read by everybody, at %o and in the %s', async (viewport, colorScheme) => {
    const { url, subscription } = await openPortal()
    // axe is a script, which the page's own policy would not let run
    const context = await browser?.newContext({ viewport, colorScheme, bypassCSP: true })
    const page = await context?.newPage()
    if (!page) throw new Error('There is no browser')
    for (
      const path of ['', `/subscriptions/${subscription}/cancel`, '/payment-method', '/customer']
    ) {
      await page.goto(url + path)
      expect(await violationsOf(page), path).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width)
    }
    await context?.close()
  })

  test('works without a script', async () => {
    const { url } = await openPortal()
    const context = await browser?.newContext({ viewport: PHONE, javaScriptEnabled: false })
    const page = await context?.newPage()
    if (!page) throw new Error('There is no browser')
    await page.goto(url)
    await page.getByRole('link', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Cancel the subscription' }).click()
    expect(await page.getByTestId('subscription').innerText()).toMatch(/Ends \d+ \w+ \d{4}/)
    await page.getByRole('button', { name: 'Do not cancel' }).click()
    await page.getByRole('link', { name: 'Change the card' }).click()
    await page.getByLabel('Card number').fill('5555 5555 5555 4444')
    await page.getByRole('button', { name: 'Save the card' }).click()
    expect(await page.getByTestId('method').innerText()).toContain('Mastercard •••• 4444')
    await page.getByRole('link', { name: 'Change the details' }).click()
    await page.getByLabel('Name').fill('Ada Lovelace')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await page.getByTestId('details').innerText()).toContain('Ada Lovelace')
    await context?.close()
  })

  /** The portal of a customer who pays 9.00 EUR a month. */
  async function openPortal() {
    const setup = start()
    const price = await catalogue(setup)
    const customer = await setup.stripe.customers.create({
      name: 'Ada',
      email: 'ada@example.com',
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    })
    const subscription = await setup.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
    })
    const { url } = await setup.stripe.billingPortal.sessions.create({
      customer: customer.id,
      return_url: 'https://shop.test/account',
    })
    return { url, subscription: subscription.id }
  }
})
