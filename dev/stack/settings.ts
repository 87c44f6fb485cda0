import { StartError } from '../start_error.ts'

/** What the person who starts the stack asked for, by environment and arguments. */
export interface Settings {
  reset: boolean
  port: number
  /** What the servers listen on. */
  hostname: string
  publicUrl: string
  /** A database of their own instead of a private one. */
  databaseUrl?: string
  /** A real Stripe account in test mode instead of the emulator. */
  stripe?: { secretKey: string; webhookSecrets?: string }
  /** A real panel instead of the emulator. */
  panel?: { url: string; apiKey: string }
}

export function readSettings(args: string[], env: Record<string, string>): Settings {
  const unknown = args.find((arg) => arg !== '--reset')
  if (unknown) throw new StartError(`deno task dev knows only --reset, and was given ${unknown}`)
  const port = readPort(env.PORT)
  return {
    reset: args.includes('--reset'),
    port,
    hostname: env.HOST || '127.0.0.1',
    publicUrl: env.PUBLIC_URL || `http://localhost:${port}`,
    databaseUrl: env.DATABASE_URL || undefined,
    stripe: readStripe(env),
    panel: readPanel(env),
  }
}

function readPort(text = ''): number {
  if (text === '') return 8000
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65536) return port
  throw new StartError(`PORT must be a number from 1 to 65535, as in PORT=8001 deno task dev`)
}

/** The catalogue is applied without asking, which must not happen to a live account. */
function readStripe(env: Record<string, string>): Settings['stripe'] {
  const secretKey = env.STRIPE_SECRET_KEY
  if (!secretKey) return undefined
  if (/_live_/.test(secretKey)) {
    throw new StartError(
      'STRIPE_SECRET_KEY is a live key: deno task dev takes one of test mode (sk_test_…), or none',
    )
  }
  return { secretKey, webhookSecrets: env.STRIPE_WEBHOOK_SECRETS || undefined }
}

function readPanel(env: Record<string, string>): Settings['panel'] {
  const { PANEL_URL: url, PANEL_API_KEY: apiKey } = env
  if (url && apiKey) return { url, apiKey }
  if (!url && !apiKey) return undefined
  const [given, missing] = url ? ['PANEL_URL', 'PANEL_API_KEY'] : ['PANEL_API_KEY', 'PANEL_URL']
  throw new StartError(
    `${given} is set without ${missing}: set both for a real panel, or none for the emulator`,
  )
}
