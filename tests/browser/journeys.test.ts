import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { placeOrder, PURCHASE, sessionOf } from '../support/shop.ts'
import { choosePlan, goToStripe, PASSWORD, payAndWait, signedUp } from './steps.ts'
import { describeInBrowser } from './suite.ts'

describeInBrowser('a customer', (suite) => {
  test('signs up, verifies by the link of the mail, buys, and finds the address in the next mail', async () => {
    const visitor = await suite.visit({ reducedMotion: 'no-preference' })
    const { page } = visitor
    const email = 'whole-way@example.com'
    await signedUp(page, email)
    const welcome = await suite.shop.mailTo(email, 'verify_email')
    const link = /https?:\S+\/verify#[\w-]+/.exec(welcome.text)?.[0] ?? ''
    await page.goto(link)
    await expect.poll(() => page.url()).toBe(`${suite.shop.url}/verify`)
    await page.getByTestId('submit').click()
    await page.locator('main a[href="/servers"]').waitFor()
    const [user] = await suite.shop.db.query<{ verified: number }>(
      'SELECT email_verified_at IS NOT NULL AS verified FROM users WHERE email = ?',
      [email],
    )
    expect(user).toEqual({ verified: 1 })

    await choosePlan(page)
    await goToStripe(page)
    const address = await payAndWait(page)
    const ready = await suite.shop.mailTo(email, 'server_ready')
    expect(ready.text).toContain(address)
    expect(ready.html).toContain(address)
    const toServer = /https?:\S+\/servers\/srv_\w{26}/.exec(ready.text)?.[0] ?? ''
    expect(toServer).toContain(suite.shop.url)
    await page.goto(toServer)
    expect(await page.getByTestId('server-address').innerText()).toBe(address)
    await visitor.close()
  })

  test('has two tabs whose session ran out at once: one refresh, and both show their page', async () => {
    const visitor = await suite.visit()
    const { page, context } = visitor
    await signedUp(page, 'two-tabs@example.com')
    const other = await visitor.tab()
    await other.goto('/orders')
    await other.locator('h1').waitFor()
    await context.clearCookies({ name: 'at' })
    // Counted where they must pass: the browser may tell of an answer after the page showed it.
    let refreshes = 0
    // Slow enough that the other tab meets its own 401 meanwhile.
    await context.route('**/api/auth/refresh', async (route) => {
      refreshes++
      await new Promise((resolve) => setTimeout(resolve, 500))
      await route.continue()
    })
    await Promise.all([page.reload(), other.reload()])
    await Promise.all([
      page.getByText('No servers yet').waitFor(),
      other.getByText('No orders yet').waitFor(),
    ])
    expect(refreshes).toBe(1)
    await visitor.close()
  })

  test('needs no mouse from the home page to the paid server, and always sees the focus', async () => {
    // Without transitions, so that the look of the focus is there at once.
    const visitor = await suite.visit({ reducedMotion: 'reduce' })
    const { page } = visitor
    const { keyboard } = page
    await page.goto('/')
    await page.getByTestId(`plan-${PURCHASE.planId}`).waitFor()
    await tabTo(page, page.getByTestId(`plan-${PURCHASE.planId}`).getByRole('link'))
    await keyboard.press('Enter')
    await page.waitForURL(/\/plans\//)
    await page.getByTestId('pay').waitFor()

    await tabTo(page, page.locator('input[name=region]:checked'))
    await keyboard.press('ArrowDown')
    await keyboard.press('ArrowUp')
    expect(await page.locator('input[name=region]:checked').inputValue()).toBe('frankfurt')
    await tabTo(page, page.locator('input[name=term]:checked'))
    await keyboard.press('ArrowRight')
    expect(await page.locator('input[name=term]:checked').inputValue()).toBe('quarterly')
    await tabTo(page, page.getByTestId('server-name'))
    await keyboard.type('No Mouse')
    await tabTo(page, page.getByTestId('pay'))
    await keyboard.press('Space')

    await page.waitForURL(/\/signup/)
    await page.getByTestId('email').waitFor()
    await tabTo(page, page.getByTestId('email'))
    await keyboard.type('keyboard@example.com')
    await tabTo(page, page.getByTestId('password'))
    await keyboard.type(PASSWORD)
    await keyboard.press('Enter')

    await page.waitForURL(/\/plans\//)
    await page.getByTestId('pay').waitFor()
    expect(await page.getByTestId('server-name').inputValue()).toBe('No Mouse')
    await tabTo(page, page.getByTestId('pay'))
    await keyboard.press('Enter')
    await page.waitForURL(/\/c\/pay\//)
    await tabTo(page, page.getByTestId('pay'))
    await keyboard.press('Enter')
    await page.waitForURL(/\/checkout\/return/)
    await page.getByTestId('server-address').waitFor({ timeout: 20_000 })
    await visitor.close()
  })

  test.each([
    ['an element', '<img src=x onerror=globalThis.hit=1>'],
    ['a script', '</p><script>globalThis.hit=1</script>'],
    ['a drawing', '<svg/onload=globalThis.hit=1>'],
    ['a way out of an attribute', '"><iframe srcdoc="<b>hit</b>">'],
    ['an address', 'javascript:globalThis.hit=1//'],
    ['a template', '{{constructor.constructor("hit=1")()}}'],
    ['a node of the page library', '{"type":"img","props":{"src":"x"}}'],
  ])('sees %s in the database as text, on every page that shows it', async (_, payload) => {
    const { customer, orderId, serverId } = await (bought ??= buyServer())
    await store(orderId, payload)

    const visitor = await suite.visit()
    const { page, context } = visitor
    await context.addCookies(
      [...customer.cookies].map(([name, value]) => ({ name, value, url: suite.shop.url })),
    )
    await page.addInitScript(() => localStorage.setItem('signed-in', '1'))
    const paths = ['/servers', `/servers/${serverId}`, '/orders', `/orders/${orderId}`]
    for (const path of paths) {
      await page.goto(path)
      await expect.poll(() => page.locator('main').innerText(), { message: path })
        .toContain(payload)
      expect(await harmOn(page), path).toEqual([])
    }
    await visitor.close()
  })

  /** One server for all payloads: they go into its rows one after the other. */
  let bought: ReturnType<typeof buyServer> | undefined

  async function buyServer() {
    const { shop } = suite
    const customer = await shop.customer()
    const { orderId } = await placeOrder(customer)
    await shop.stripe.pay(await sessionOf(shop.db, orderId))
    const orderNow = async () => (await customer.get(`/api/orders/${orderId}`)).body.order
    await expect.poll(async () => (await orderNow()).status).toBe('provisioned')
    const { serverId } = await orderNow()
    return { customer, orderId, serverId }
  }

  /** Past every check of the API: into each column whose text a page shows. */
  async function store(orderId: string, payload: string): Promise<void> {
    const { db } = suite.shop
    const facts = JSON.stringify({ address: payload, region: payload, reason: payload })
    await db.run('UPDATE orders SET server_name = ? WHERE id = ?', [payload, orderId])
    await db.run('UPDATE servers SET name = ?, address = ? WHERE order_id = ?', [
      payload,
      payload,
      orderId,
    ])
    await db.run('UPDATE order_events SET facts = ? WHERE order_id = ?', [facts, orderId])
    await db.run(
      `UPDATE server_events SET facts = ?
        WHERE server_id IN (SELECT id FROM servers WHERE order_id = ?)`,
      [facts, orderId],
    )
  }
})

/** What a payload has done to the page. */
function harmOn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const strange = document.querySelectorAll(
      'main :is(script, iframe, object, embed, [onerror], [onload], [srcdoc], img[src=x]), ' +
        'a[href^="javascript:" i]',
    )
    const found = [...strange].map((element) => element.outerHTML)
    return Reflect.has(globalThis, 'hit') ? [...found, 'a payload ran'] : found
  })
}

/** Presses Tab until `target` has the focus; every stop on the way must be seen, and come in order. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  const stops: string[] = []
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(lookAtFocus)
    stops.push(stop.name)
    expect(stop.seen, `the focus is seen on ${stop.name}`).toBe(true)
    expect(stop.inOrder, `${stop.name} comes after what stands before it`).toBe(true)
  }
  throw new Error(`The Tab key does not lead to ${target}, only to ${stops.join(', ')}`)
}

/** Runs in the page: what has the focus now, whether that is seen, and whether it is further on. */
function lookAtFocus() {
  const focused = document.activeElement
  const before: unknown = Reflect.get(globalThis, 'focusedBefore')
  Reflect.set(globalThis, 'focusedBefore', focused)
  // Past the last stop the focus is the browser's own, and begins anew at the top.
  if (!(focused instanceof HTMLElement) || focused === document.body) {
    return { name: 'the browser', seen: true, inOrder: true }
  }
  const name = focused.outerHTML.replace(/>[^]*/, '>').slice(0, 120)
  // A card may show the focus of the radio button inside it.
  const shown = [focused, focused.closest('label'), focused.nextElementSibling]
    .filter((element) => element !== null)
  const styles = () =>
    shown.map((element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
      return `${outlineStyle} ${outlineWidth} ${boxShadow}`
    }).join()
  const withFocus = styles()
  focused.blur()
  const seen = styles() !== withFocus
  focused.focus({ preventScroll: true })
  const inOrder = !(before instanceof Element) || !before.isConnected || before === document.body ||
    Boolean(before.compareDocumentPosition(focused) & Node.DOCUMENT_POSITION_FOLLOWING)
  return { name, seen, inOrder }
}
