import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PORTS } from '../stack/emulators.ts'
import { StartError } from '../start_error.ts'

/** What the person who starts the emulators asked for. */
export interface Settings {
  help: boolean
  /** Where their state is kept; undefined with `--memory`. */
  dir: string | undefined
  reset: boolean
  hostname: string
  ports: typeof PORTS
  /** Where Stripe sends its events. */
  webhook: string | undefined
}

export const HELP = `deno task emulators [flags]: Stripe, a Pterodactyl panel and a mail provider

  --memory              keep nothing: every start is a fresh one
  --dir FOLDER          where their state is kept; .dev/emulators unless told
  --reset               start over
  --webhook URL         send all events of Stripe to this address
  --host ADDRESS        listen on this address; 127.0.0.1 unless told
  --stripe-port NUMBER  ${PORTS.stripe} unless told, and so on for the others:
  --panel-port NUMBER   ${PORTS.panel}
  --mailbox-port NUMBER ${PORTS.mailbox}
  --control-port NUMBER ${PORTS.control}, the page that shows their traffic and orders faults
  --help                this text`

const options = {
  help: { type: 'boolean' },
  memory: { type: 'boolean' },
  dir: { type: 'string' },
  reset: { type: 'boolean' },
  webhook: { type: 'string' },
  host: { type: 'string' },
  'stripe-port': { type: 'string' },
  'panel-port': { type: 'string' },
  'mailbox-port': { type: 'string' },
  'control-port': { type: 'string' },
} as const

export function readSettings(args: string[]): Settings {
  const given = parse(args)
  if (given.memory && (given.dir !== undefined || given.reset)) {
    throw new StartError('--memory keeps nothing: it goes with neither --dir nor --reset')
  }
  const root = join(import.meta.dirname ?? '.', '..', '..')
  return {
    help: given.help ?? false,
    dir: given.memory ? undefined : resolve(given.dir ?? join(root, '.dev', 'emulators')),
    reset: given.reset ?? false,
    hostname: given.host ?? '127.0.0.1',
    ports: {
      stripe: readPort('stripe', given['stripe-port']),
      panel: readPort('panel', given['panel-port']),
      mailbox: readPort('mailbox', given['mailbox-port']),
      control: readPort('control', given['control-port']),
    },
    webhook: readWebhook(given.webhook),
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options }).values
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.? To specify .*/, '') : error
    throw new StartError(`${reason}: deno task emulators --help lists the flags`)
  }
}

function readPort(name: keyof typeof PORTS, text: string | undefined): number {
  if (text === undefined) return PORTS[name]
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65536) return port
  throw new StartError(`--${name}-port must be a number from 1 to 65535, and was ${text}`)
}

function readWebhook(url: string | undefined): string | undefined {
  if (url === undefined || /^https?:\/\/\S+$/.test(url)) return url
  throw new StartError(`--webhook must be an address that begins with http:// or https://: ${url}`)
}
