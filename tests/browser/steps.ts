import type { Page } from 'playwright-core'
import { PURCHASE } from '../support/shop.ts'

export const PASSWORD = 'correct horse battery'

/** How a visitor presses what is on the page. */
type Press = 'click' | 'tap'

/** From the home page to the purchase's plan, with its name and region filled in. */
export async function choosePlan(page: Page, press: Press = 'click'): Promise<void> {
  await page.goto('/')
  await page.getByTestId(`plan-${PURCHASE.planId}`).getByRole('link')[press]()
  await page.getByTestId('server-name').fill(PURCHASE.serverName)
  await page.locator('input[name=region][value=frankfurt]').check()
}

export async function signUp(page: Page, email: string, press: Press = 'click'): Promise<void> {
  await page.getByTestId('email').fill(email)
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('submit')[press]()
}

/** A page of somebody who has just signed up. */
export async function signedUp(page: Page, email: string): Promise<void> {
  await page.goto('/signup?next=%2Fservers')
  await signUp(page, email)
  await page.waitForURL('**/servers')
}

/** From the filled-in form to Stripe's page. */
export async function goToStripe(page: Page, press: Press = 'click'): Promise<void> {
  await page.getByTestId('pay')[press]()
  await page.waitForURL(/\/c\/pay\//)
}

/** From Stripe's page to the running server, whose address it gives. */
export async function payAndWait(page: Page, press: Press = 'click'): Promise<string> {
  await page.getByTestId('pay')[press]()
  await page.waitForURL(/\/checkout\/return/)
  return await page.getByTestId('server-address').innerText({ timeout: 20_000 })
}
