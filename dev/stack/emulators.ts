import { join } from 'node:path'
import { handledTypes } from '../../api/payments/inbox.ts'
import { addressOf, serve } from '../emulators/serve.ts'
import type { Log } from '../log.ts'
import { createMailbox } from '../mailbox/emulator.ts'
import { createPanelEmulator } from '../panel/emulator.ts'
import { preferPort } from '../ports.ts'
import { createStripeEmulator } from '../stripe/emulator.ts'
import type { Closing } from './closing.ts'
import { openLogFile } from './log_file.ts'
import { openSnapshotFile } from './snapshot_file.ts'

/** Where an emulator keeps its state, how it is reached, and who stops it. */
export interface EmulatorPlace {
  dir: string
  hostname: string
  closing: Closing
  log: Log
}

/** `url` is for people and their browsers, `innerUrl` for the API. */
export interface Emulator {
  url: string
  innerUrl: string
}

const STRIPE_PORT = 12111
const PANEL_PORT = 8100
const MAILBOX_PORT = 8025

/** Long enough to be seen on the timeline. */
const INSTALL_MS = 8_000

export interface StripeOptions {
  secretKey: string
  /** Where it sends its events, signed with the secret. */
  webhook: { url: string; secret: string }
}

export function startStripe(options: StripeOptions, place: EmulatorPlace): Emulator {
  const port = preferPort(STRIPE_PORT)
  const file = openSnapshotFile(
    join(place.dir, 'stripe.json'),
    () => emulator.snapshot(),
    place.log,
  )
  const emulator = createStripeEmulator({
    url: addressOf(port).url,
    secretKey: options.secretKey,
    now: () => new Date(),
    state: file.state,
    onChange: file.changed,
    log: openLogFile(join(place.dir, 'stripe.log')).write,
  })
  emulator.addWebhookEndpoint({ ...options.webhook, enabledEvents: [...handledTypes] })
  return run(port, emulator, file, place)
}

export function startPanel(applicationKey: string, place: EmulatorPlace): Emulator {
  const port = preferPort(PANEL_PORT)
  const file = openSnapshotFile(join(place.dir, 'panel.json'), () => emulator.snapshot(), place.log)
  const emulator = createPanelEmulator({
    url: addressOf(port).url,
    applicationKey,
    now: () => new Date(),
    state: file.state,
    onChange: file.changed,
    seed: 'shop',
    installMs: INSTALL_MS,
    log: openLogFile(join(place.dir, 'panel.log')).write,
  })
  return run(port, emulator, file, place)
}

export function startMailbox(place: EmulatorPlace): Emulator & { apiKey: string } {
  const port = preferPort(MAILBOX_PORT)
  const file = openSnapshotFile(
    join(place.dir, 'mailbox.json'),
    () => mailbox.snapshot(),
    place.log,
  )
  // The API is started after it and told the key, so that nothing has to remember it.
  const apiKey = `re_${crypto.randomUUID()}`
  const mailbox = createMailbox({
    apiKey,
    now: () => new Date(),
    state: file.state,
    onChange: file.changed,
  })
  return { apiKey, ...run(port, { ...mailbox, close() {} }, file, place) }
}

function run(
  port: number,
  emulator: {
    fetch(request: Request): Promise<Response>
    close(): void | Promise<void>
  },
  file: { flush(): void },
  { hostname, closing }: EmulatorPlace,
): Emulator {
  const served = serve({ port, hostname }, (request) => emulator.fetch(request))
  closing.add(async () => {
    file.flush()
    await served.stop()
    await emulator.close()
    file.flush()
  })
  return served
}
