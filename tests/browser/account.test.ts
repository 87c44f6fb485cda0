import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { placeOrder, type Shop } from '../support/shop.ts'
import { PASSWORD } from './steps.ts'
import { describeInBrowser } from './suite.ts'

const NEW_PASSWORD = 'another horse and battery'

/** What a page says of requests that a test keeps from arriving. */
const OFFLINE = /ERR_INTERNET_DISCONNECTED|dynamically imported module/

describeInBrowser('an account', (suite) => {
  /** A visitor whose page shows the account of somebody who just signed up. */
  async function signUp(email: string, tolerates?: RegExp) {
    const visitor = await suite.visit({ tolerates })
    await visitor.page.goto('/signup?next=%2Faccount')
    await fillIn(visitor.page, { email, password: PASSWORD })
    await visitor.page.waitForURL('/account')
    await visitor.page.getByRole('heading', { name: 'Your account' }).waitFor()
    return visitor
  }

  async function logIn(email: string, password = PASSWORD) {
    const visitor = await suite.visit()
    await visitor.page.goto('/login?next=%2Faccount')
    await fillIn(visitor.page, { email, password })
    await visitor.page.waitForURL('/account')
    return visitor
  }

  /** The link in the newest mail of a kind. */
  async function linkTo(address: string, template: Parameters<Shop['mailTo']>[1]): Promise<string> {
    const { text } = await suite.shop.mailTo(address, template)
    const [link] = text.match(/https?:\S+#[\w-]{43}/) ?? []
    if (!link?.startsWith(`${suite.shop.url}/`)) throw new Error(`There is no link in: ${text}`)
    return link
  }

  test('by keyboard alone somebody signs up; what hides the password keeps input, focus and caret', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/signup?next=%2Faccount')
    await page.getByTestId('email').waitFor()
    await tabTo(page, 'email')
    await page.keyboard.type('keys@example.com')
    await page.keyboard.press('Tab')
    await page.keyboard.type('short')
    await page.keyboard.press('Enter')
    await page.getByText('Please use at least 8 characters').waitFor()
    expect(await focused(page)).toBe('password')

    await page.keyboard.type(' and then some')
    expect(await page.getByText('Please use at least').count()).toBe(0)
    const input = await page.getByTestId('password').elementHandle()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('button', { name: 'Show the password' }).click()
    expect(await focused(page)).toBe('password')
    // The caret comes back with the next frame that is painted.
    await expect.poll(() =>
      input?.evaluate((field: HTMLInputElement) => ({
        still: field.isConnected,
        type: field.type,
        value: field.value,
        caret: field.selectionStart,
      }))
    ).toEqual({ still: true, type: 'text', value: 'short and then some', caret: 18 })

    await page.keyboard.press('Enter')
    await page.waitForURL('/account')
    await page.getByRole('heading', { name: 'Your account' }).waitFor()
    await visitor.close()
  })

  test('password managers know the fields: who logs in, an old password, a new one', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/signup')
    expect(await hints(page)).toEqual([
      'email username email',
      'password new-password password',
    ])
    await page.goto('/login')
    expect(await hints(page)).toEqual([
      'email username email',
      'password current-password password',
    ])
    await visitor.close()
  })

  test('an address that has an account leads to log in with it filled in, and on to where one was going', async () => {
    const first = await signUp('taken@example.com')
    await first.close()
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/signup?next=%2Forders')
    await fillIn(page, { email: 'Taken@Example.com', password: 'not the password' })
    await page.getByRole('link', { name: 'Log in with this address' }).click()
    await page.waitForURL('/login?next=%2Forders')
    await expect.poll(() => page.getByTestId('email').inputValue()).toBe('Taken@Example.com')
    await page.getByTestId('password').fill('wrong')
    await page.getByTestId('submit').click()
    await page.getByRole('alert').getByText('the password is wrong').waitFor()
    expect(await page.getByTestId('password').inputValue()).toBe('wrong')
    await page.getByTestId('password').fill(PASSWORD)
    await page.getByTestId('submit').click()
    await page.waitForURL('/orders')
    await page.goto('/login?next=%2Faccount')
    await page.waitForURL('/account')
    await visitor.close()
  })

  test('the link in the mail confirms the address by one press; the banner goes, and a second press is no drama', async () => {
    const visitor = await signUp('verify@example.com')
    const { page } = visitor
    await page.getByText('Please confirm your e-mail address').waitFor()
    const link = await linkTo('verify@example.com', 'verify_email')
    const opened = await visitor.tab()
    await opened.goto(link)
    await opened.getByTestId('submit').waitFor()
    expect(new URL(opened.url()).hash).toBe('')
    await expect.poll(() => focused(opened)).toBe('submit')
    await opened.keyboard.press('Enter')
    await opened.getByRole('heading', { name: 'Your address is confirmed' }).waitFor()
    await opened.getByRole('link', { name: 'Go to your account' }).click()
    await opened.getByText('Confirmed', { exact: true }).waitFor()
    expect(await opened.getByText('Please confirm').count()).toBe(0)

    await opened.goto(link)
    await opened.getByTestId('submit').click()
    await opened.getByRole('heading', { name: 'Your address is confirmed already' }).waitFor()
    await visitor.close()
  })

  test('forgot → mail → reset: the token leaves the address bar, other sessions end, the link works once', async () => {
    const before = await signUp('forgot@example.com')
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/login')
    await page.getByTestId('email').fill('forgot@example.com')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await expect.poll(() => page.getByTestId('email').inputValue()).toBe('forgot@example.com')
    await page.getByTestId('submit').click()
    await page.getByText('If forgot@example.com has an account here').waitFor()
    expect(
      await page.getByRole('button', { name: /Send it again in/ }).getAttribute('aria-disabled'),
    )
      .toBe('true')

    const link = await linkTo('forgot@example.com', 'reset_password')
    const opened = await visitor.tab()
    await opened.goto(link)
    await opened.getByTestId('password').waitFor()
    expect(opened.url()).toBe(`${suite.shop.url}/reset`)
    await opened.reload()
    expect(await hints(opened)).toEqual([
      'username username email',
      'password new-password password',
    ])
    await opened.getByTestId('password').fill('password')
    await opened.getByTestId('submit').click()
    await opened.getByText(/among the first that attackers try/).waitFor()
    await opened.getByTestId('password').fill(NEW_PASSWORD)
    await opened.getByTestId('submit').click()
    await opened.getByRole('heading', { name: 'Your new password is saved' }).waitFor()

    const again = await visitor.tab()
    await again.goto(link)
    await again.getByTestId('password').fill('yet another password')
    await again.getByTestId('submit').click()
    await again.getByRole('heading', { name: 'This link does not work any more' }).waitFor()
    await again.getByRole('link', { name: 'Send me a new link' }).click()
    await again.waitForURL('/forgot')

    await before.page.getByLabel('Your name').fill('Robin')
    await before.page.getByRole('button', { name: 'Save the name' }).click()
    await before.page.waitForURL('/login?next=%2Faccount')
    await fillIn(before.page, { email: 'forgot@example.com', password: NEW_PASSWORD })
    await before.page.waitForURL('/account')
    await visitor.close()
    await before.close()
  })

  test('a forgotten password of nobody looks the same', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/forgot')
    await page.getByTestId('email').fill('nobody@example.com')
    await page.getByTestId('submit').click()
    await page.getByText('If nobody@example.com has an account here').waitFor()
    await visitor.close()
  })

  test('a changed address counts once its link was used, also where nobody is signed in', async () => {
    const visitor = await signUp('before@example.com')
    const { page } = visitor
    await page.getByRole('button', { name: 'Change the address' }).click()
    const section = page.getByRole('region', { name: 'E-mail address' })
    await section.getByLabel('New e-mail address').fill('after@example.com')
    await section.getByLabel('Your password').fill('not this one')
    await section.getByRole('button', { name: 'Send the link' }).click()
    await expect.poll(() => section.getByLabel('Your password').getAttribute('aria-invalid'))
      .toBe('true')
    expect(await section.getByLabel('New e-mail address').inputValue()).toBe('after@example.com')
    await section.getByLabel('Your password').fill(PASSWORD)
    await section.getByRole('button', { name: 'Send the link' }).click()
    await page.getByText('Waiting for you at after@example.com').waitFor()

    const link = await linkTo('after@example.com', 'confirm_new_email')
    const phone = await suite.visit()
    const { page: opened } = phone
    await opened.goto(link)
    await opened.getByTestId('submit').click()
    await opened.getByText('after@example.com is the address of your account').waitFor()
    await opened.getByRole('link', { name: 'Log in' }).last().click()
    await fillIn(opened, { email: 'after@example.com', password: PASSWORD })
    await opened.waitForURL('/servers')

    await page.reload()
    await section.getByText('after@example.com').waitFor()
    expect(await page.getByText('Waiting for you').count()).toBe(0)
    await visitor.close()
    await phone.close()
  })

  test('a change of address can be dropped again', async () => {
    const visitor = await signUp('stays@example.com')
    const { page } = visitor
    await page.getByRole('button', { name: 'Change the address' }).click()
    const section = page.getByRole('region', { name: 'E-mail address' })
    await section.getByLabel('New e-mail address').fill('never@example.com')
    await section.getByLabel('Your password').fill(PASSWORD)
    await section.getByRole('button', { name: 'Send the link' }).click()
    await section.getByRole('button', { name: 'Do not change it' }).click()
    await expect.poll(() => page.getByText('Waiting for you').count()).toBe(0)
    await page.reload()
    await section.getByText('stays@example.com').waitFor()
    await visitor.close()
  })

  test('a name and a new password are saved in place, and every other device is logged out', async () => {
    const visitor = await signUp('settings@example.com')
    const { page } = visitor
    const other = await logIn('settings@example.com')
    await page.getByLabel('Your name').fill('Robin')
    await page.getByRole('button', { name: 'Save the name' }).click()
    await page.getByRole('status').getByText('Saved.').waitFor()

    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByLabel('Current password').fill(PASSWORD)
    await page.getByLabel('New password').fill(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Save the new password' }).click()
    await page.getByRole('status').getByText('Your new password counts from now on').waitFor()
    await expect.poll(() => page.getByTestId('session').count()).toBe(1)
    await page.reload()
    expect(await page.getByLabel('Your name').inputValue()).toBe('Robin')

    await other.page.getByLabel('Your name').fill('Mallory')
    await other.page.getByRole('button', { name: 'Save the name' }).click()
    await other.page.waitForURL('/login?next=%2Faccount')
    await visitor.close()
    await other.close()
  })

  test('the list of sessions ends another browser, which is led to log in and back', async () => {
    const visitor = await signUp('sessions@example.com')
    const { page } = visitor
    const other = await logIn('sessions@example.com')
    await page.reload()
    const rows = page.getByTestId('session')
    await expect.poll(() => rows.count()).toBe(2)
    expect(await rows.filter({ hasText: 'This device' }).getByRole('button').count()).toBe(0)

    const end = page.getByRole('button', { name: /^End the session of/ })
    await end.click()
    await page.keyboard.press('Escape')
    await expect.poll(() => end.evaluate((button) => button === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    const yes = page.getByRole('button', { name: 'Yes, log out' })
    await expect.poll(() => yes.evaluate((button) => button === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('is logged out').waitFor()
    await expect.poll(() => rows.count()).toBe(1)

    await other.page.getByLabel('Your name').fill('Mallory')
    await other.page.getByRole('button', { name: 'Save the name' }).click()
    await other.page.waitForURL('/login?next=%2Faccount')
    await visitor.close()
    await other.close()
  })

  test('logging out in one tab leads the other off what it shows', async () => {
    const visitor = await signUp('tabs@example.com')
    const { page } = visitor
    const second = await visitor.tab()
    await second.goto('/orders')
    await second.getByRole('heading', { name: 'No orders yet' }).waitFor()
    await page.getByRole('main').getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL('/')
    await second.waitForURL('/login?next=%2Forders')
    await visitor.close()
  })

  test('the panel login is for confirmed addresses, asks for the password, and is shown once', async () => {
    const visitor = await signUp('panel@example.com')
    const { page } = visitor
    const serverId = await buyServer(page)
    await page.goto(`/servers/${serverId}`)
    await page.getByText('First confirm your e-mail address').waitFor()
    await page.goto(await linkTo('panel@example.com', 'verify_email'))
    await page.getByTestId('submit').click()
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor()

    await page.goto(`/servers/${serverId}`)
    await page.getByTestId('current-password').fill('not this one')
    await page.getByTestId('panel-login').click()
    await expect.poll(() => page.getByTestId('current-password').getAttribute('aria-invalid'))
      .toBe('true')
    await page.getByTestId('current-password').fill(PASSWORD)
    await page.getByTestId('panel-login').click()
    const shown = page.getByTestId('panel-login-shown')
    await shown.waitFor()
    const username = await page.getByTestId('panel-username').innerText()
    expect(suite.shop.panel.store.users.rows.map((user) => user.username)).toContain(username)
    expect((await page.getByTestId('panel-password').innerText()).length).toBeGreaterThan(15)
    await visitor.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy the user name' }).click()
    await shown.getByText('Copied').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(username)

    await page.reload()
    await page.getByTestId('current-password').waitFor()
    expect(await shown.count()).toBe(0)
    await visitor.close()
  })

  /** Places an order as the page's customer, pays it, and returns the id of the running server. */
  async function buyServer(page: Page): Promise<string> {
    const client = suite.shop.client()
    for (const { name, value } of await page.context().cookies()) client.cookies.set(name, value)
    const { orderId, url } = await placeOrder(client)
    const payment = await page.context().newPage()
    await payment.goto(url)
    await payment.getByTestId('pay').click()
    await payment.getByTestId('server-address').waitFor({ timeout: 20_000 })
    await payment.close()
    const [row] = await suite.shop.db.query<{ id: string }>(
      'SELECT id FROM servers WHERE order_id = ?',
      [
        orderId,
      ],
    )
    return row?.id ?? ''
  }

  test('without a connection a page is answered in our words, and nothing of the shop is kept', async () => {
    const visitor = await signUp('offline@example.com', OFFLINE)
    const { page } = visitor
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await visitor.context.setOffline(true)
    await page.getByText('You are offline. What you see may be old.').waitFor()
    await page.goto('/orders').catch(() => {})
    await page.getByRole('heading', { name: 'You are offline' }).waitFor()
    expect(page.url()).toBe(`${suite.shop.url}/orders`)
    expect(await page.evaluate(() => getComputedStyle(document.body).display)).toBe('grid')
    await page.goto('/orders').catch(() => {})
    expect(await cachedPaths(page)).toEqual([
      '/offline.css',
      '/offline.html',
      '/offline.js',
      '/offline.svg',
    ])
    await page.getByRole('link', { name: 'Try again' }).waitFor()

    await visitor.context.setOffline(false)
    await page.getByRole('heading', { name: 'No orders yet' }).waitFor()
    await visitor.close()
  })

  test('a page that lost its connection loads its data by itself once it is back', async () => {
    const visitor = await signUp('back@example.com', OFFLINE)
    const { page } = visitor
    await page.getByRole('heading', { name: 'Your account' }).waitFor()
    await visitor.context.setOffline(true)
    await page.getByRole('navigation').getByRole('link', { name: 'Orders', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await visitor.context.setOffline(false)
    await page.getByRole('heading', { name: 'No orders yet' }).waitFor()
    await visitor.close()
  })
})

async function fillIn(page: Page, { email, password }: { email: string; password: string }) {
  await page.getByTestId('email').fill(email)
  await page.getByTestId('password').fill(password)
  await page.getByTestId('submit').click()
}

/** Name, autocomplete and type of each field of the page's form. */
async function hints(page: Page): Promise<string[]> {
  await page.locator('main form').waitFor()
  return await page.locator('main form input').evaluateAll((inputs) =>
    inputs.map((input) =>
      ['name', 'autocomplete', 'type'].map((name) => input.getAttribute(name)).join(' ')
    )
  )
}

/** Goes on with the Tab key until the field has the focus. */
async function tabTo(page: Page, testId: string): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    if (await focused(page) === testId) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`The Tab key does not lead to ${testId}`)
}

/** The test id of what has the focus. */
function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? null)
}

/** What the browser's caches of the shop hold. */
function cachedPaths(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const paths: string[] = []
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) paths.push(new URL(request.url).pathname)
    }
    return paths.sort()
  })
}
