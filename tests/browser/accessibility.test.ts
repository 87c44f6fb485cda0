import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { buildStorefront } from '../../dev/build/storefront.ts'
import { launchChromium, skipReason } from './chromium.ts'
import { DESKTOP, PHONE, visit } from './page.ts'
import { openScene, scenes } from './scenes.ts'
import { type Showcase, startShowcase } from './showcase.ts'

/** A theme changes colours and nothing else, so each width is held to every rule once. */
const LOOKS = [
  { viewport: PHONE, theme: 'light', rules: 'all' },
  { viewport: PHONE, theme: 'dark', rules: 'colours' },
  { viewport: DESKTOP, theme: 'dark', rules: 'all' },
  { viewport: DESKTOP, theme: 'light', rules: 'colours' },
] as const

/** The API's reference is some 9000 elements, each of which axe looks at. */
const TIMEOUT_MS = 120_000

const RULES = {
  all: {},
  colours: { runOnly: ['color-contrast', 'link-in-text-block'] },
} satisfies Record<string, axe.RunOptions>

/** Scenes break things on purpose; what else their pages complain of still counts. */
const BROKEN_ON_PURPOSE = /^(answer|request): /

describe.skipIf(skipReason !== undefined)(
  'every page, in both themes, on a phone and a desktop',
  () => {
    let showcase: Showcase
    let browser: Browser | undefined
    let folder: string

    beforeAll(async () => {
      folder = await Deno.makeTempDir({ prefix: 'spawnpoint-storefront-' })
      await buildStorefront({ outdir: folder })
      showcase = await startShowcase({ storefront: folder, databaseServer: inject('databaseUrl') })
      browser = await launchChromium()
    })

    afterAll(async () => {
      await browser?.close()
      await showcase.stop()
      await Deno.remove(folder, { recursive: true })
    })

    test.each(scenes)(
      '$name: axe finds nothing, and nothing is wider than the screen',
      async (scene) => {
        const visitor = await visit(browser, {
          shopUrl: showcase.shop.url,
          tolerates: scene.before || scene.act ? BROKEN_ON_PURPOSE : undefined,
          viewport: PHONE,
          serviceWorkers: 'block',
        })
        const { page } = visitor
        await openScene(page, scene, showcase)
        await page.evaluate(axe.source)
        const found: string[] = []
        for (const { viewport, theme, rules } of LOOKS) {
          await page.setViewportSize(viewport)
          await page.emulateMedia({ colorScheme: theme })
          const where = `${viewport.width} ${theme}`
          for (
            const problem of [...await violations(page, RULES[rules]), ...await overflow(page)]
          ) {
            found.push(`${where}: ${problem}`)
          }
        }
        expect(found).toEqual([])
        await visitor.close()
      },
      TIMEOUT_MS,
    )
  },
)

/** One line for each rule and element; all of axe's rules include its best practices. */
async function violations(page: Page, rules: axe.RunOptions): Promise<string[]> {
  // What is preloaded is for one rule about turned screens, which is not on.
  const options: axe.RunOptions = { ...rules, resultTypes: ['violations'], preload: false }
  const { violations } = await page.evaluate(
    (options): Promise<axe.AxeResults> => Reflect.get(globalThis, 'axe').run(document, options),
    options,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all, none }) => {
      const reason = [...any, ...all, ...none][0]?.message ?? ''
      return `${id} at ${target.join(' ')}: ${reason}`
    })
  )
}

async function overflow(page: Page): Promise<string[]> {
  const pixels = await page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth
  )
  return pixels > 0 ? [`${pixels} pixels lie to the right of the screen`] : []
}
