import { join } from 'node:path'
import { writeMail } from '../../api/mail/messages.ts'
import { samples } from '../support/mail_samples.ts'
import { launchChromium } from './chromium.ts'

const WIDTHS = [360, 700]
const SCHEMES = ['light', 'dark'] as const

/** `deno task shots:mails [folder]`: every mail as a picture, by day and by night. */
async function main(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true })
  const browser = await launchChromium()
  if (!browser) throw new Error('Cannot make pictures as there is no browser')
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 400 } })
      for (const { name, written } of samples(writeMail)) {
        await page.setContent(written.html)
        const path = join(folder, `${name}.${width}.${colorScheme}.png`)
        await page.screenshot({ path, fullPage: true })
      }
      await page.close()
    }
  }
  await browser.close()
}

await main(Deno.args[0] ?? 'dist/mails')
