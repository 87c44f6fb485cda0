import { join } from 'node:path'
import { canUseApt, installWithApt, linuxSystems } from './apt.ts'
import type { Log } from './log.ts'
import { explain } from './start_error.ts'

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** What to type where no browser is found. */
export const CHROMIUM_HINT = 'install Chromium (Debian: apt-get install chromium; ' +
  'Ubuntu: npx -y playwright@1.65.1 install --with-deps chromium) or name one in CHROMIUM_PATH'

/** The path of CHROMIUM_PATH, else of a browser in its usual places; undefined when there is none. */
export async function findChromium(): Promise<string | undefined> {
  const named = Deno.env.get('CHROMIUM_PATH')
  const places = named ? [named] : [...USUAL_PLACES, ...await playwrightPlaces()]
  for (const place of places) {
    if (await runs(place)) return place
  }
  return undefined
}

/** The same, but installs Chromium first where apt has it; says so when the tests go without. */
export async function ensureChromium(log: Log): Promise<string | undefined> {
  const found = await findChromium()
  if (found) return found
  if (!Deno.env.get('CHROMIUM_PATH') && await aptHasChromium()) {
    await installWithApt('chromium', log).catch((error) => log(explain(error)))
    const installed = await findChromium()
    if (installed) return installed
  }
  log(`The browser's tests are skipped: ${CHROMIUM_HINT}`)
  return undefined
}

/** Ubuntu's package is a stub that wants snapd, which a container does not have. */
async function aptHasChromium(): Promise<boolean> {
  return await canUseApt() && (await linuxSystems())[0] !== 'ubuntu'
}

/** Where `playwright install chromium` puts it, newest first. */
async function playwrightPlaces(): Promise<string[]> {
  const cache = join(Deno.env.get('HOME') ?? '/root', '.cache', 'ms-playwright')
  const folders: string[] = []
  try {
    for await (const entry of Deno.readDir(cache)) {
      if (/^chromium-\d+$/.test(entry.name)) folders.push(entry.name)
    }
  } catch {
    return [] // playwright was never used here
  }
  return folders.sort().reverse().map((name) => join(cache, name, 'chrome-linux', 'chrome'))
}

/** Ubuntu's stub exists too, and fails as soon as it runs. */
async function runs(path: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(path, {
      args: ['--version'],
      stdin: 'null',
      stdout: 'null',
      stderr: 'null',
    }).output()
    return success
  } catch {
    return false
  }
}
