import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { buildStorefront } from '../../dev/build/storefront.ts'
import { type Shop, startShop } from '../support/shop.ts'
import { launchChromium, skipReason } from './chromium.ts'
import { visit, type Visitor, type VisitorOptions } from './page.ts'

/** What the tests of a file share. */
export interface Suite {
  shop: Shop
  browser: Browser
  /** Opens a browser at the shop. */
  visit(options?: Omit<VisitorOptions, 'shopUrl'>): Promise<Visitor>
}

/** Tests with one shop, that serves the built storefront and runs its jobs, and one Chromium. */
export function describeInBrowser(
  name: string,
  tests: (suite: Suite) => void,
  options: Parameters<typeof startShop>[0] = {},
): void {
  if (skipReason) console.log(skipReason)
  describe.skipIf(skipReason !== undefined)(name, () => {
    let shop: Shop | undefined
    let browser: Browser | undefined
    let folder = ''

    beforeAll(async () => {
      folder = await Deno.makeTempDir({ prefix: 'spawnpoint-storefront-' })
      await buildStorefront({ outdir: folder })
      shop = await startShop({ storefront: folder, installMs: 1500, ...options })
      browser = await launchChromium()
    })

    afterAll(async () => {
      await browser?.close()
      await shop?.stop()
      await Deno.remove(folder, { recursive: true })
    })

    tests({
      get shop() {
        return started(shop)
      },
      get browser() {
        return started(browser)
      },
      visit: (how) => visit(browser, { ...how, shopUrl: started(shop).url }),
    })
  })
}

function started<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('Cannot use this before the tests have started')
  return thing
}
