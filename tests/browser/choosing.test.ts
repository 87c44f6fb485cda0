import { expect, test } from 'vitest'
import { SLOW_AFTER_MS } from '../../storefront/components/waiting.tsx'
import { PHONE } from './page.ts'
import { describeInBrowser } from './suite.ts'

describeInBrowser('choosing a plan', (suite) => {
  test('a page that is slow says so, and trying again brings it', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.clock.install()
    let asked = 0
    await page.route('**/api/plans', (route) => asked++ === 0 ? undefined : route.continue())
    await page.goto('/games/rust')
    await page.locator('main .waiting').waitFor()
    await page.clock.fastForward(SLOW_AFTER_MS / 2)
    expect(await page.getByText('Still loading').count()).toBe(0)
    await page.clock.fastForward(SLOW_AFTER_MS)
    await page.getByText('Still loading').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByTestId('plan-rust-8gb').waitFor()
    expect(await page.locator('main .waiting').count()).toBe(0)
    await visitor.close()
  })

  test('a game’s plans are compared for the term in the address; a game nobody sells is not there', async () => {
    const visitor = await suite.visit({ viewport: PHONE })
    const { page } = visitor
    await page.goto('/games/rust')
    const plan = page.getByTestId('plan-rust-8gb')
    await plan.getByText('€15.99 per month').waitFor()
    await page.getByRole('radio', { name: 'Yearly' }).check()
    await page.waitForURL(/term=yearly/)
    await plan.getByText('saves €30.79 (16 %)').waitFor()
    expect(await plan.getByRole('link').getAttribute('href')).toBe('/plans/rust-8gb?term=yearly')
    await page.goto('/games/no-such-game')
    await page.getByRole('heading', { level: 1, name: 'Nothing spawned here' }).waitFor()
    await visitor.close()
  })

  test('going on to another plan of the game keeps what was typed, and shows its price', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/plans/rust-8gb')
    await page.getByTestId('server-name').fill('Vulture Ridge')
    await page.locator('input[name=region][value=new-york]').check()
    await page.locator('input[name=term][value=quarterly]').check()
    await page.getByRole('link', { name: /Rust 12 GB/ }).click()
    await page.getByRole('heading', { level: 1, name: 'Rust 12 GB' }).waitFor()
    expect(await page.getByTestId('server-name').inputValue()).toBe('Vulture Ridge')
    expect(await page.locator('input[name=region]:checked').inputValue()).toBe('new-york')
    expect(await page.getByTestId('total').innerText()).toBe('€68.29')
    await visitor.close()
  })

  test('a field says what is wrong when it is left, and no longer once it is right', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/plans/rust-8gb')
    const name = page.getByTestId('server-name')
    await name.fill('<b>')
    expect(await name.getAttribute('aria-invalid')).toBeNull()
    await name.blur()
    await expect.poll(() => name.getAttribute('aria-invalid')).toBe('true')
    await name.fill('Vulture Ridge')
    await expect.poll(() => name.getAttribute('aria-invalid')).toBeNull()
    await visitor.close()
  })

  test('the example on the home page ends in a server or in a refund', async () => {
    const visitor = await suite.visit()
    const { page } = visitor
    await page.goto('/')
    const example = page.getByRole('figure', { name: 'Example of an order' })
    await example.getByText('play.example.com:25565').waitFor()
    await page.getByRole('radio', { name: 'It does not' }).check()
    await example.getByText('€8.49 returned').waitFor()
    expect(await example.getByText('play.example.com').count()).toBe(0)
    await visitor.close()
  })
})
