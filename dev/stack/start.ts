import { parseConfig } from '../../api/config.ts'
import { watchStorefront } from '../build/storefront_watch.ts'
import type { Log } from '../log.ts'
import { startApi } from './api_process.ts'
import { applyCatalogue } from './catalogue.ts'
import type { Closing } from './closing.ts'
import { checkCounterparts } from './counterparts.ts'
import { handledTypes } from '../../api/payments/inbox.ts'
import { preferPort } from '../ports.ts'
import {
  createControl,
  type Emulator,
  type EmulatorPlace,
  PORTS,
  startControl,
  startMailbox,
  startPanel,
  startStripe,
} from './emulators.ts'
import { openLogFile } from './log_file.ts'
import { makeLogins, OPERATOR } from './logins.ts'
import { openSecrets, type Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import { openShopDatabase } from './shop_database.ts'
import { printSummary } from './summary.ts'

export interface StackPlace {
  /** Everything the stack keeps. */
  dir: string
  closing: Closing
  log: Log
  /** For what is only worth reading while one waits. */
  progress: Log
}

/** Starts all parts, in the order in which they need each other, and says where they are. */
export async function startStack(settings: Settings, place: StackPlace): Promise<void> {
  const { dir, closing, log, progress } = place
  const secrets = await openSecrets(dir)
  const database = await openShopDatabase(dir, settings.databaseUrl, { closing, log: progress })
  await checkCounterparts(dir, settings, database.db)
  const emulators = startEmulators(settings, secrets, place)
  const env = apiEnvironment(settings, secrets, {
    ...emulators,
    databaseUrl: database.url,
    staticDir: `${dir}/storefront`,
  })
  const config = parseConfig({ ...Deno.env.toObject(), ...env })
  await writeEnvironment(env, place)
  await Promise.all([
    watchPages(env.STATIC_DIR, place),
    makeLogins(database.db, config, secrets.password),
    sellCatalogue(env, place).then(() => runApi(env, settings, place)),
  ])
  printSummary({
    shopUrl: settings.publicUrl,
    stripeUrl: emulators.stripe?.url,
    panelUrl: emulators.panel?.url ?? env.PANEL_URL,
    panelIsReal: !emulators.panel,
    mailboxUrl: emulators.mailbox.url,
    controlUrl: emulators.control.url,
    databaseUrl: database.url,
    password: secrets.password,
    metricsToken: env.METRICS_TOKEN,
    dir,
    webhooksAreSetUp: settings.stripe?.webhookSecrets !== undefined,
  }, log)
}

/** An emulator that is absent has its real counterpart. */
interface Emulators {
  stripe?: Emulator
  panel?: Emulator
  mailbox: Emulator & { apiKey: string }
  control: Emulator
}

function startEmulators(settings: Settings, secrets: Secrets, place: StackPlace): Emulators {
  const emulatorPlace: EmulatorPlace = {
    ...place,
    hostname: settings.hostname,
    port: (name) => preferPort(PORTS[name]),
    control: createControl(),
  }
  // The API is started after it and told the key, so that nothing has to remember it.
  const apiKey = `re_${crypto.randomUUID()}`
  return {
    mailbox: { apiKey, ...startMailbox(apiKey, emulatorPlace) },
    panel: settings.panel
      ? undefined
      : startPanel({ applicationKey: secrets.panelApiKey }, emulatorPlace),
    stripe: settings.stripe ? undefined : startStripe({
      secretKey: secrets.stripeSecretKey,
      webhook: {
        url: `${settings.publicUrl}/api/stripe/webhook`,
        secret: secrets.stripeWebhookSecret,
        enabledEvents: [...handledTypes],
      },
    }, emulatorPlace),
    control: startControl(emulatorPlace),
  }
}

type ApiEnvironment = ReturnType<typeof apiEnvironment>

/** What the API is told; the switches that are not named here come from our own environment. */
function apiEnvironment(
  settings: Settings,
  secrets: Secrets,
  parts: Emulators & { databaseUrl: string; staticDir: string },
) {
  return {
    DATABASE_URL: parts.databaseUrl,
    PUBLIC_URL: settings.publicUrl,
    PORT: String(settings.port),
    HOST: settings.hostname,
    STATIC_DIR: parts.staticDir,
    JWT_PRIVATE_KEY: secrets.jwtPrivateKey,
    AUTH_SECRET: secrets.authSecret,
    STRIPE_SECRET_KEY: settings.stripe?.secretKey ?? secrets.stripeSecretKey,
    STRIPE_WEBHOOK_SECRETS: settings.stripe?.webhookSecrets ?? secrets.stripeWebhookSecret,
    STRIPE_API_URL: parts.stripe?.innerUrl ?? 'https://api.stripe.com',
    PANEL_URL: parts.panel?.innerUrl ?? settings.panel?.url ?? '',
    PANEL_API_KEY: settings.panel?.apiKey ?? secrets.panelApiKey,
    MAIL_FROM: 'shop@spawnpoint.localhost',
    MAIL_API_KEY: parts.mailbox.apiKey,
    MAIL_API_URL: parts.mailbox.innerUrl,
    SMTP_URL: '',
    ALERT_EMAIL: OPERATOR,
    METRICS_TOKEN: crypto.randomUUID(),
    RUN_JOBS: 'on',
  }
}

/** For the commands of an operator, which find it there. */
async function writeEnvironment(env: ApiEnvironment, { dir, closing }: StackPlace): Promise<void> {
  const path = `${dir}/api.env`
  const lines = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`)
  await Deno.writeTextFile(path, lines.join(''), { mode: 0o600 })
  closing.add(() => Deno.remove(path).catch(() => {}))
}

async function watchPages(outdir: string, { closing, log, progress }: StackPlace): Promise<void> {
  let builds = 0
  const watching = await watchStorefront({
    outdir,
    onBuild: (succeeded) => {
      if (!succeeded) log('The storefront could not be built: correct the above and save')
      else if (builds > 0) progress('The storefront was rebuilt')
      builds++
    },
  })
  closing.add(() => watching.stop())
}

function sellCatalogue(env: ApiEnvironment, { dir, log, progress }: StackPlace): Promise<void> {
  return applyCatalogue(env, { log, progress, logFile: openLogFile(`${dir}/catalog.log`) })
}

async function runApi(
  env: ApiEnvironment,
  { port }: Settings,
  { dir, closing, log, progress }: StackPlace,
): Promise<void> {
  await startApi({
    env,
    url: `http://127.0.0.1:${port}`,
    logFile: openLogFile(`${dir}/api.log`),
    log,
    progress,
    closing,
  })
}
