import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openScene, type Scene } from '../../tests/browser/scenes.ts'
import type { Showcase } from '../../tests/browser/showcase.ts'

export interface Look {
  /** Pixels of CSS. */
  width: number
  theme: 'light' | 'dark'
}

/** What fits the screen before anything is scrolled, for each width. */
const HEIGHTS: Record<number, number> = { 360: 740, 768: 1024, 1440: 900 }

/** Drawing keeps a core busy, and the machines of most people have more than two. */
const AT_ONCE = 3

const SCENE_WITHIN_MS = 15_000

/** Writes `<name>-<width>-<theme>.png` of each scene, and tells of each that could not be shown. */
export async function takeShots(
  browser: Browser,
  showcase: Showcase,
  { folder, scenes, looks }: { folder: string; scenes: Scene[]; looks: Look[] },
): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true })
  const waiting = [...scenes]
  const failures: string[] = []
  const takeNext = async () => {
    for (let scene = waiting.shift(); scene; scene = waiting.shift()) {
      await takeScene(browser, showcase, { folder, scene, looks }).catch((error) => {
        failures.push(`${scene?.name}: ${error instanceof Error ? error.message : error}`)
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, takeNext))
  return failures
}

async function takeScene(
  browser: Browser,
  showcase: Showcase,
  { folder, scene, looks }: { folder: string; scene: Scene; looks: Look[] },
): Promise<void> {
  const context = await browser.newContext({
    viewport: viewportOf(looks[0]),
    colorScheme: looks[0]?.theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
    serviceWorkers: 'block',
  })
  context.setDefaultTimeout(SCENE_WITHIN_MS)
  try {
    const page = await context.newPage()
    await openScene(page, scene, showcase)
    for (const look of looks) {
      await takeOne(page, look, join(folder, fileOf(scene, look)))
    }
  } finally {
    await context.close()
  }
}

/** One page is drawn in every look: loading it anew for each would take three times as long. */
async function takeOne(page: Page, look: Look, path: string): Promise<void> {
  await page.setViewportSize(viewportOf(look))
  await page.emulateMedia({ colorScheme: look.theme })
  await page.screenshot({ path, fullPage: true, animations: 'disabled', caret: 'hide' })
}

export function fileOf(scene: Scene, { width, theme }: Look): string {
  return `${scene.name}-${width}-${theme}.png`
}

function viewportOf(look: Look | undefined) {
  const width = look?.width ?? 1440
  return { width, height: HEIGHTS[width] ?? 900 }
}
