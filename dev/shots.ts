import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { launchChromium } from '../tests/browser/chromium.ts'
import { type Scene, scenes } from '../tests/browser/scenes.ts'
import { CHROMIUM_HINT } from './chromium.ts'
import { contactSheet } from './shots/contact_sheet.ts'
import { openShowcase } from './shots/open_showcase.ts'
import { type Look, takeShots } from './shots/take.ts'
import { closeOnSignals, createClosing } from './stack/closing.ts'
import { explain, StartError } from './start_error.ts'

const ROOT = join(import.meta.dirname ?? '.', '..')

const USAGE = 'deno task shots [folder] [--only pattern] [--width 360] [--theme dark]'

const WIDTHS = [360, 768, 1440]
const THEMES = ['light', 'dark'] as const

interface Wanted {
  folder: string
  scenes: Scene[]
  looks: Look[]
}

/** Writes a picture of every page in every state, and a sheet with all of them. */
async function main(args: string[]): Promise<void> {
  const wanted = readArguments(args)
  const startedAt = performance.now()
  const closing = createClosing(console.error)
  closeOnSignals(closing, console.log)
  try {
    const browser = await launchChromium()
    if (!browser) {
      throw new StartError(`There is no browser to take pictures with: ${CHROMIUM_HINT}`)
    }
    closing.add(() => browser.close())
    const showcase = await openShowcase(closing)
    const failures = await takeShots(browser, showcase, wanted)
    const page = join(wanted.folder, 'index.html')
    await Deno.writeTextFile(page, contactSheet(wanted.scenes, wanted.looks))
    for (const failure of failures) console.error(failure)
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const count = (wanted.scenes.length - failures.length) * wanted.looks.length
    console.log(`${count} pictures in ${seconds} s: ${page}`)
    if (failures.length > 0) throw new StartError(`${failures.length} pages could not be shown`)
  } finally {
    await closing.close()
  }
}

function readArguments(args: string[]): Wanted {
  const { values, positionals: [folder = join(ROOT, '.dev', 'shots')] } = parse(args)
  const pattern = new RegExp(values.only ?? '')
  const chosen = scenes.filter(({ name }) => pattern.test(name))
  if (chosen.length === 0) {
    const names = scenes.map(({ name }) => name).join(' ')
    throw new StartError(`No page has a name like ${values.only}; there are ${names}`)
  }
  const widths = WIDTHS.filter((width) => !values.width || values.width === String(width))
  const themes = THEMES.filter((theme) => !values.theme || values.theme === theme)
  const looks = widths.flatMap((width) => themes.map((theme) => ({ width, theme })))
  if (looks.length === 0) {
    throw new StartError(`Widths are ${WIDTHS.join(', ')}, themes ${THEMES.join(', ')}: ${USAGE}`)
  }
  return { folder: resolve(folder), scenes: chosen, looks }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        width: { type: 'string' },
        theme: { type: 'string' },
      },
    })
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : error}: ${USAGE}`)
  }
}

const failed = await main(Deno.args).then(() => false, (error) => {
  console.error(explain(error))
  return true
})
Deno.exit(failed ? 1 : 0)
