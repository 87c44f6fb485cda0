import type { Page, Route } from 'playwright-core'
import { expect, test } from 'vitest'
import { placeOrder, sessionOf } from '../support/shop.ts'
import type { Client } from '../support/client.ts'
import { describeInBrowser } from './suite.ts'

describeInBrowser('when the shop is in trouble', (suite) => {
  test('a slow shop: first the shape of the page, then a word and a way out, then the page', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.clock.install()
    const held = await hold(page, '**/api/plans')
    await page.goto('/')
    await page.locator('main .waiting').waitFor()
    expect(await page.getByText('Still loading').count()).toBe(0)
    await page.clock.fastForward(10_000)
    await page.getByText('Still loading').waitFor()
    await held.letGo()
    await page.locator('[data-testid^=plan-]').first().waitFor()
    expect(await page.locator('main .waiting').count()).toBe(0)
    await visitor.close()
  })

  test('a shop that does not answer says so, and is there again when it is asked again', async () => {
    const visitor = await suite.visit({ tolerates: /ERR_CONNECTION_FAILED|answer: 503/ })
    const { page } = visitor
    await page.route('**/api/plans', (route) => route.abort('connectionfailed'))
    await page.goto('/')
    await page.getByRole('alert').getByText('We cannot reach the shop').waitFor()
    await page.unroute('**/api/plans')
    await page.route(
      '**/api/plans',
      (route) =>
        route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
    )
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('alert').getByText('The shop is busy').waitFor()
    await page.unroute('**/api/plans')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('[data-testid^=plan-]').first().waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await visitor.close()
  })

  test('an order goes on being told by itself when the shop was away meanwhile', async () => {
    const { customer, orderId } = await openOrder()
    const visitor = await visitAs(customer, /ERR_CONNECTION_FAILED/)
    const { page } = visitor
    await page.goto(`/orders/${orderId}`)
    await statusIs(page, 'pending')
    await page.route('**/api/**', (route) => route.abort('connectionfailed'))
    await page.route('**/api/orders/*/events', (route) => route.abort('connectionfailed'))
    await pay(orderId)
    await page.unrouteAll()
    await statusIs(page, 'provisioned')
    await page.getByTestId('server-address').waitFor()
    await visitor.close()
  })

  test('an order’s steps come by the stream of events: nothing is loaded anew, nothing is asked', async () => {
    const { customer, orderId } = await openOrder()
    const visitor = await visitAs(customer)
    const { page } = visitor
    const asked = requestsFor(page, orderId)
    await page.goto(`/orders/${orderId}`)
    await statusIs(page, 'pending')
    await page.evaluate(() => Reflect.set(globalThis, 'sameDocument', true))
    await expect.poll(() => asked).toContain('events')
    const before = asked.filter((what) => what === 'order').length
    await pay(orderId)
    await expect.poll(() => page.getByTestId('timeline').innerText(), { timeout: 15_000 })
      .toContain('Your payment arrived')
    expect(asked.filter((what) => what === 'order').length).toBe(before)
    await page.getByTestId('server-address').waitFor({ timeout: 15_000 })
    expect(await page.evaluate(() => Reflect.get(globalThis, 'sameDocument'))).toBe(true)
    await visitor.close()
  })

  test('where no stream gets through, the order is asked for again and again, and ends the same', async () => {
    const { customer, orderId } = await openOrder()
    const visitor = await visitAs(customer)
    const { page } = visitor
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'EventSource'))
    await page.goto(`/orders/${orderId}`)
    await statusIs(page, 'pending')
    const asked = requestsFor(page, orderId)
    await pay(orderId)
    await page.getByTestId('server-address').waitFor({ timeout: 25_000 })
    expect(await page.getByTestId('timeline').innerText()).toContain('Your server runs at')
    expect(asked).not.toContain('events')
    expect(asked.filter((what) => what === 'order').length).toBeGreaterThan(0)
    await visitor.close()
  })

  test('a page whose script is gone says so, and loading it again brings it', async () => {
    const visitor = await suite.visit({ tolerates: /404|dynamically imported/ })
    const { page } = visitor
    await page.goto('/')
    await page.locator('[data-testid^=plan-]').first().waitFor()
    await page.route('**/assets/*.js', (route) => route.fulfill({ status: 404 }))
    await page.locator('header a[href^="/login"]').click()
    await page.getByRole('alert').waitFor()
    await page.unroute('**/assets/*.js')
    await page.getByRole('button', { name: 'Load the page again' }).click()
    await page.getByTestId('email').waitFor()
    await visitor.close()
  })

  test('a form that could not be sent keeps what was typed', async () => {
    const visitor = await suite.visit({ tolerates: /ERR_CONNECTION_FAILED/ })
    const { page } = visitor
    await page.route('**/api/auth/signup', (route) => route.abort('connectionfailed'))
    await page.goto('/signup')
    await page.getByTestId('email').fill('typed@example.com')
    await page.getByTestId('password').fill('what I typed')
    await page.getByTestId('submit').click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByTestId('email').inputValue()).toBe('typed@example.com')
    expect(await page.getByTestId('password').inputValue()).toBe('what I typed')
    await page.unrouteAll()
    await page.getByTestId('submit').click()
    await page.waitForURL((url) => url.pathname !== '/signup')
    await visitor.close()
  })

  async function openOrder(): Promise<{ customer: Client; orderId: string }> {
    const customer = await suite.shop.customer()
    const { orderId } = await placeOrder(customer)
    return { customer, orderId }
  }

  async function pay(orderId: string): Promise<void> {
    await suite.shop.stripe.pay(await sessionOf(suite.shop.db, orderId))
  }

  async function visitAs(customer: Client, tolerates?: RegExp) {
    const visitor = await suite.visit({ tolerates })
    await visitor.context.addCookies(
      [...customer.cookies].map(([name, value]) => ({ name, value, url: suite.shop.url })),
    )
    await visitor.page.addInitScript(() => localStorage.setItem('signed-in', '1'))
    return visitor
  }
})

async function statusIs(page: Page, status: string): Promise<void> {
  await page.locator(`[data-testid=order-status][data-status=${status}]`)
    .waitFor({ timeout: 25_000 })
}

/** Keeps every request to `url` waiting until it is let go. */
async function hold(page: Page, url: string): Promise<{ letGo(): Promise<void> }> {
  const waiting: Route[] = []
  let held = true
  await page.route(url, (route) => held ? void waiting.push(route) : route.continue())
  return {
    async letGo() {
      held = false
      await Promise.all(waiting.map((route) => route.continue()))
    },
  }
}

/** What the page asks of an order from now on: its `events`, or the whole `order`. */
function requestsFor(page: Page, orderId: string): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname === `/api/orders/${orderId}/events`) asked.push('events')
    if (pathname === `/api/orders/${orderId}`) asked.push('order')
  })
  return asked
}
