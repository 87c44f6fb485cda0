import { type Browser, chromium } from 'playwright-core'
import { CHROMIUM_HINT, findChromium } from '../../dev/chromium.ts'

/** Why a browser's test is skipped, where there is no browser; undefined where there is one. */
export const skipReason = await findChromium() ? undefined : `No browser: ${CHROMIUM_HINT}`

/** A headless Chromium; undefined where there is none. Close it when done. */
export async function launchChromium(): Promise<Browser | undefined> {
  const executablePath = await findChromium()
  if (!executablePath) return undefined
  return await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', // it refuses to run as root otherwise, and it sees only pages of ours
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage', // a container gives it too little
    ],
  })
}
