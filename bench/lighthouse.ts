import { join } from 'node:path'
import { findChromium } from '../dev/chromium.ts'
import { openShowcase } from '../dev/shots/open_showcase.ts'
import { closeOnSignals, createClosing } from '../dev/stack/closing.ts'
import { explain, StartError } from '../dev/start_error.ts'

/** Fetched when this runs: it is a hundred packages that nothing else here needs. */
const LIGHTHOUSE = 'npm:lighthouse@13.5.0'

const PATHS = ['/', '/plans/minecraft-paper-4gb', '/signup']

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'] as const

const TIMINGS = {
  'first-contentful-paint': 'first paint',
  'largest-contentful-paint': 'largest paint',
  'total-blocking-time': 'blocked',
  'cumulative-layout-shift': 'shift',
  'total-byte-weight': 'weight',
}

interface Report {
  categories: Record<string, { score: number | null; auditRefs: { id: string; weight: number }[] }>
  audits: Record<string, { score: number | null; title: string; displayValue?: string }>
}

/** `deno run -A bench/lighthouse.ts [path…]`: what Lighthouse says of a local build on a phone. */
async function main(paths: string[]): Promise<void> {
  const closing = createClosing(console.error)
  closeOnSignals(closing, console.log)
  try {
    const { shop } = await openShowcase(closing)
    const folder = await Deno.makeTempDir({ prefix: 'spawnpoint-lighthouse-' })
    closing.add(() => Deno.remove(folder, { recursive: true }))
    for (const path of paths) tell(path, await measure(shop.url + path, folder))
  } finally {
    await closing.close()
  }
}

/** From a folder of its own, so that neither our lock file nor node_modules learns of it. */
async function measure(url: string, folder: string): Promise<Report> {
  const chromium = await findChromium()
  if (!chromium) {
    throw new StartError('There is no browser to measure with: name one in CHROMIUM_PATH')
  }
  const output = join(folder, 'report.json')
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...['run', '-A', '--no-config', '--no-lock', '--node-modules-dir=none', LIGHTHOUSE, url],
      ...['--quiet', '--output=json', `--output-path=${output}`],
      '--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage',
    ],
    cwd: folder,
    env: { CHROME_PATH: chromium },
    stdin: 'null',
    stdout: 'null',
  }).output()
  if (!success) {
    throw new StartError(`Lighthouse could not measure ${url}: ${new TextDecoder().decode(stderr)}`)
  }
  return JSON.parse(await Deno.readTextFile(output))
}

function tell(path: string, { categories, audits }: Report): void {
  const scores = CATEGORIES.map((name) => `${name} ${percent(categories[name]?.score)}`)
  const timings = Object.entries(TIMINGS)
    .map(([id, name]) => `${name} ${audits[id]?.displayValue ?? '?'}`)
  console.log(`${path}: ${scores.join(', ')}\n  ${timings.join(', ')}`)
  for (const name of CATEGORIES) {
    for (const { id, weight } of categories[name]?.auditRefs ?? []) {
      const audit = audits[id]
      if (weight > 0 && audit && audit.score !== null && audit.score < 0.9) {
        console.log(`  ${name}: ${audit.title} ${audit.displayValue ?? ''}`.trimEnd())
      }
    }
  }
}

function percent(score: number | null | undefined): string {
  return score === null || score === undefined ? '?' : String(Math.round(score * 100))
}

const failed = await main(Deno.args.length > 0 ? Deno.args : PATHS).then(() => false, (error) => {
  console.error(explain(error))
  return true
})
Deno.exit(failed ? 1 : 0)
