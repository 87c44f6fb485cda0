import { join, resolve } from 'node:path'
import { ConfigError } from '../api/config.ts'
import { freeFolder } from './database/owner.ts'
import { requirePort } from './ports.ts'
import { closeOnSignals, createClosing } from './stack/closing.ts'
import { claimFolder, emptyFolder, leaveFolder } from './stack/running.ts'
import { readSettings } from './stack/settings.ts'
import { startStack } from './stack/start.ts'
import { explain } from './start_error.ts'
import { dim, red, show } from './terminal.ts'

/** DEV_DIR is for a second stack beside the first, as tests need one. */
const DIR = resolve(Deno.env.get('DEV_DIR') || join(import.meta.dirname ?? '.', '..', '.dev'))

/** `deno task dev [--reset]`: the whole shop on this machine, until Ctrl-C. */
async function main(): Promise<void> {
  const closing = createClosing(show)
  closeOnSignals(closing, show)
  try {
    const settings = readSettings(Deno.args, Deno.env.toObject())
    await Deno.mkdir(DIR, { recursive: true, mode: 0o700 })
    await claimFolder(DIR, settings.publicUrl, 'dev/main.ts')
    closing.add(() => leaveFolder(DIR))
    requirePort(settings.port, 'PORT')
    if (settings.reset) {
      await freeFolder(join(DIR, 'database'))
      await emptyFolder(DIR)
    }
    await startStack(settings, {
      dir: DIR,
      closing,
      log: show,
      progress: (line) => show(dim(line)),
    })
  } catch (error) {
    show(red(error instanceof ConfigError ? error.message : explain(error)))
    await closing.close()
    Deno.exit(1)
  }
}

await main()
