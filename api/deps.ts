import type { Context } from 'hono'
import { type Alerter, createWebhookAlerter } from './alerts/alerter.ts'
import { createPasswords, type PasswordCost, type Passwords } from './accounts/password.ts'
import { RATE_LIMITS, type RateLimits } from './accounts/rate_limits.ts'
import { type AccessTokens, createAccessTokens } from './accounts/tokens.ts'
import { type Config, ConfigError } from './config.ts'
import type { Db } from './db.ts'
import { createIdFactory, type IdKind } from './ids.ts'
import type { Log } from './log.ts'
import { createHttpMailer } from './mail/http_mailer.ts'
import { type Mailer, UNCONFIGURED } from './mail/mailer.ts'
import type { SmtpAddress } from './mail/smtp_url.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { createGate } from './panel/gate.ts'
import type { Panel } from './panel/panel.ts'
import { createPterodactyl } from './panel/pterodactyl.ts'
import type { Payments } from './payments/payments.ts'
import { createStripe } from './payments/stripe.ts'

/** What lives as long as the process. */
export interface Deps {
  config: Config
  openDb: () => Db
  payments: Payments
  panel: Panel
  /** Undefined in a shop that was given no way to send mails: they wait. */
  mailer: Mailer | undefined
  /** Undefined without ALERT_WEBHOOK_URL: operators are told by mail alone, if at all. */
  alerter: Alerter | undefined
  tokens: AccessTokens
  passwords: Passwords
  now: () => Date
  newId: (kind: IdKind) => string
  randomBytes: (count: number) => Uint8Array
  log: Log
  metrics: Metrics
  /** The numbers of accounts/rate_limits.ts, unless a test sets others. */
  rateLimits: RateLimits
  /** The client's address as the platform tells it; never taken from a header a client can write. */
  clientAddress: (c: Context) => string
  /** Aborted when the process is asked to stop, so that answers without an end find one. */
  stopping?: AbortSignal
  /** Asks for the queues to be drained soon; nothing depends on it, the sweep comes anyway. */
  wake: (c?: Context) => void
}

/** Who is signed in, as the access token says; writes have also seen the session row. */
export interface SignedIn {
  userId: string
  sessionId: string
}

/** What lives as long as a request. */
export interface AppEnv {
  Variables: {
    requestId: string
    db: Db
    signedIn?: SignedIn
  }
}

/** What differs from platform to platform, and from a test to production. */
export interface Platform {
  openDb: () => Db
  log: Log
  clientAddress: Deps['clientAddress']
  wake: Deps['wake']
  stopping?: AbortSignal
  /** Absent where there is no SMTP, as on Workers. */
  createSmtpMailer?: (address: SmtpAddress) => Mailer
  now?: () => Date
  randomBytes?: Deps['randomBytes']
  rateLimits?: RateLimits
  /** Less than the usual only in tests: hashing is most of what a sign-up costs. */
  passwordCost?: PasswordCost
  /** How a call waits for its turn at the panel; for a test whose clock does not run by itself. */
  sleep?: (ms: number) => Promise<void>
}

/**
 * Everything the app needs, with the real adapters. Throws a ConfigError when the platform cannot do
 * what the configuration asks.
 */
export function buildDeps(config: Config, platform: Platform): Deps {
  const now = platform.now ?? (() => new Date())
  const randomBytes = platform.randomBytes ?? cryptoBytes
  const newId = createIdFactory(now, randomBytes)
  const metrics = createMetrics()
  const { openDb, log, sleep } = platform
  const panelAccess = { url: config.PANEL_URL, apiKey: config.PANEL_API_KEY }
  const gate = createGate({ ...panelAccess, openDb, sleep, deps: { newId, log, metrics } })
  return {
    rateLimits: RATE_LIMITS,
    ...platform,
    config,
    now,
    randomBytes,
    newId,
    metrics,
    payments: createStripe({
      secretKey: config.STRIPE_SECRET_KEY,
      webhookSecrets: config.STRIPE_WEBHOOK_SECRETS,
      apiUrl: config.STRIPE_API_URL,
      now,
      onAnswer: (op, code) => metrics.count('stripe_requests_total', { op, code: String(code) }),
    }),
    panel: createPterodactyl({ ...panelAccess, gate }),
    mailer: chooseMailer(config, platform),
    alerter: alerterOf(config),
    passwords: createPasswords({
      secret: config.AUTH_SECRET,
      randomBytes,
      cost: platform.passwordCost,
    }),
    tokens: createAccessTokens({
      privateJwk: config.JWT_PRIVATE_KEY,
      previousJwks: config.JWT_PREVIOUS_KEYS,
      issuer: config.PUBLIC_URL,
      now,
      randomBytes,
    }),
  }
}

function alerterOf(config: Config): Alerter | undefined {
  const { ALERT_WEBHOOK_URL: url, SHOP_NAME: name, PUBLIC_URL } = config
  return url ? createWebhookAlerter({ url, shop: { name, url: PUBLIC_URL } }) : undefined
}

const RESEND = 'https://api.resend.com'

function chooseMailer(
  { MAIL_API_KEY: apiKey, MAIL_API_URL: apiUrl = RESEND, SMTP_URL: smtp }: Config,
  { log, createSmtpMailer }: Platform,
): Mailer | undefined {
  if (apiKey) return createHttpMailer({ apiUrl, apiKey })
  if (smtp && createSmtpMailer) return createSmtpMailer(smtp)
  if (smtp) {
    throw new ConfigError(
      'Cannot send mails as this platform has no SMTP: set MAIL_API_KEY instead of SMTP_URL',
    )
  }
  log.warn(`NO MAIL IS SENT, all of it waits in the outbox: ${UNCONFIGURED}`)
  return undefined
}

function cryptoBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}
