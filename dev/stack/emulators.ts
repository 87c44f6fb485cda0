import { join } from 'node:path'
import { type Control, controlApp } from '../emulators/control/app.ts'
import { addressOf, serve } from '../emulators/serve.ts'
import { createTraffic } from '../emulators/traffic.ts'
import { createFaults } from '../faults/faults.ts'
import type { Service } from '../faults/vocabulary.ts'
import type { Fetch } from '../faults/wire.ts'
import type { Log } from '../log.ts'
import { createMailbox } from '../mailbox/emulator.ts'
import { createPanelEmulator } from '../panel/emulator.ts'
import { createStripeEmulator } from '../stripe/emulator.ts'
import type { Closing } from './closing.ts'
import { openLogFile } from './log_file.ts'
import { openSnapshotFile, type SnapshotFile } from './snapshot_file.ts'

/** Where the emulators keep their state, how they are reached, and who stops them. */
export interface EmulatorPlace {
  /** Undefined: nothing outlives the process. */
  dir: string | undefined
  hostname: string
  /** Gives a port for the one that is wished. */
  port: (wished: keyof typeof PORTS) => number
  /** What is ordered to go wrong at them, and what goes on. */
  control: Control
  closing: Closing
  log: Log
}

/** `url` is for people and their browsers, `innerUrl` for the API. */
export interface Emulator {
  url: string
  innerUrl: string
}

/** Where each is unless somebody is there already. */
export const PORTS = { stripe: 12111, panel: 8100, mailbox: 8025, control: 8090 }

/** Long enough to be seen on the timeline. */
const INSTALL_MS = 8_000

const now = () => new Date()

/** Made before the emulators, which it will show and order faults at. */
export function createControl(): Control {
  const faults = createFaults({ now })
  return { faults, traffic: createTraffic({ now, faults }), services: [] }
}

/** The control page; started last, when it is known which emulators there are. */
export function startControl(place: EmulatorPlace): Emulator {
  const app = controlApp(place.control)
  const port = place.port('control')
  const served = serve({ ...place, port }, async (request) => await app.fetch(request))
  place.closing.add(() => served.stop())
  return served
}

export interface StripeOptions {
  secretKey: string
  /** Where it sends its events, signed with the secret; all events unless some are named. */
  webhook?: { url: string; secret: string; enabledEvents?: string[] }
}

export function startStripe({ secretKey, webhook }: StripeOptions, place: EmulatorPlace): Emulator {
  const port = place.port('stripe')
  const { faults, traffic } = place.control
  const file = openState('stripe', () => emulator.snapshot(), place)
  const emulator = createStripeEmulator({
    url: addressOf(port).url,
    secretKey,
    now,
    state: file.state,
    onChange: file.changed,
    log: openLog('stripe', place),
    faults,
    onWebhook: (attempt) => traffic.webhook(attempt, () => emulator.deliver(attempt.event.id)),
  })
  if (webhook) emulator.addWebhookEndpoint(webhook)
  return run({ service: 'stripe', port, emulator, file }, place)
}

export interface PanelKeys {
  applicationKey: string
  accountKey?: string
}

export function startPanel(keys: PanelKeys, place: EmulatorPlace): Emulator {
  const port = place.port('panel')
  const file = openState('panel', () => emulator.snapshot(), place)
  const emulator = createPanelEmulator({
    url: addressOf(port).url,
    ...keys,
    now,
    state: file.state,
    onChange: file.changed,
    seed: 'shop',
    installMs: INSTALL_MS,
    log: openLog('panel', place),
    faults: place.control.faults,
  })
  return run({ service: 'panel', port, emulator, file }, place)
}

export function startMailbox(apiKey: string, place: EmulatorPlace): Emulator {
  const port = place.port('mailbox')
  const file = openState('mailbox', () => mailbox.snapshot(), place)
  const mailbox = createMailbox({
    apiKey,
    now,
    state: file.state,
    onChange: file.changed,
    faults: place.control.faults,
  })
  const emulator = { ...mailbox, close() {} }
  return run({ service: 'mailbox', port, emulator, file }, place)
}

function openState(service: Service, take: () => unknown, place: EmulatorPlace): SnapshotFile {
  if (place.dir === undefined) return { state: undefined, changed() {}, flush() {} }
  return openSnapshotFile(join(place.dir, `${service}.json`), take, place.log)
}

function openLog(service: Service, { dir }: EmulatorPlace): (line: string) => void {
  return dir === undefined ? () => {} : openLogFile(join(dir, `${service}.log`)).write
}

function run(
  { service, port, emulator, file }: {
    service: Service
    port: number
    emulator: { fetch: Fetch; close(): void | Promise<void> }
    file: SnapshotFile
  },
  { hostname, closing, control }: EmulatorPlace,
): Emulator {
  const served = serve({ port, hostname }, control.traffic.watch(service, emulator.fetch))
  control.services.push({ service, url: served.url })
  closing.add(async () => {
    file.flush()
    await served.stop()
    await emulator.close()
    file.flush()
  })
  return served
}
