import { HELP, readSettings, type Settings } from './emulators/settings.ts'
import { KEYS, printSummary } from './emulators/summary.ts'
import { isFree } from './ports.ts'
import { closeOnSignals, createClosing } from './stack/closing.ts'
import {
  createControl,
  type EmulatorPlace,
  startControl,
  startMailbox,
  startPanel,
  startStripe,
} from './stack/emulators.ts'
import { claimFolder, emptyFolder, leaveFolder } from './stack/running.ts'
import { explain, StartError } from './start_error.ts'
import { red, show } from './terminal.ts'

/** `deno task emulators`: Stripe, the panel and the mailbox without the shop, until Ctrl-C. */
async function main(): Promise<void> {
  const closing = createClosing(show)
  closeOnSignals(closing, show)
  try {
    const settings = readSettings(Deno.args)
    if (settings.help) return show(HELP)
    const place: EmulatorPlace = {
      ...settings,
      port: (name) => requirePort(name, settings),
      control: createControl(),
      closing,
      log: show,
    }
    await openFolder(settings, place)
    start(settings, place)
  } catch (error) {
    show(red(explain(error)))
    await closing.close()
    Deno.exit(1)
  }
}

async function openFolder({ dir, reset, ports }: Settings, { closing }: EmulatorPlace) {
  if (dir === undefined) return
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 })
  await claimFolder(dir, `http://localhost:${ports.control}`, 'dev/emulators.ts')
  closing.add(() => leaveFolder(dir))
  if (reset) await emptyFolder(dir)
}

function start({ webhook, dir }: Settings, place: EmulatorPlace): void {
  const hook = webhook && { url: webhook, secret: KEYS.webhookSecret }
  const stripe = startStripe({ secretKey: KEYS.stripe, ...(hook && { webhook: hook }) }, place)
  const panel = startPanel({ applicationKey: KEYS.panel, accountKey: KEYS.panelAccount }, place)
  const mailbox = startMailbox(KEYS.mailbox, place)
  const control = startControl(place)
  printSummary({ stripe, panel, mailbox, control, webhook, dir }, show)
}

function requirePort(name: keyof Settings['ports'], { ports }: Settings): number {
  if (isFree(ports[name])) return ports[name]
  throw new StartError(`Port ${ports[name]} is taken: choose another with --${name}-port`)
}

await main()
