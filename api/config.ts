import * as z from 'zod'
import { isAddressRange } from './http/client_address.ts'
import { isLoopback, parseSmtpUrl } from './mail/smtp_url.ts'
import { type MysqlAddress, parseDatabaseUrl } from './mysql.ts'

/** Everything the environment may say, read once by the entry file. */
export type Config = z.output<typeof Environment>

/** The environment is not fit to start with; the message names each variable and what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * Reads the environment. Throws a ConfigError that names every missing, short or placeholder
 * value, and never the value itself.
 */
export function parseConfig(environment: Variables): Config {
  return parse(Environment, environment)
}

/** What only a Deno process is told. Throws a ConfigError like `parseConfig`. */
export function parseDenoConfig(environment: Variables) {
  return parse(DenoEnvironment, environment)
}

/** The database a command is to work on. Throws a ConfigError like `parseConfig`. */
export function parseDatabaseConfig(environment: Variables): MysqlAddress {
  return parse(DatabaseEnvironment, environment).DATABASE_URL
}

/** What is wrong with a variable, and what it must be; never what it is. */
export interface ConfigProblem {
  name: string
  problem: string
}

/** What can be read of an environment that need not be fit to start with, and what is wrong with it. */
export function readConfig(
  environment: Variables,
): { config: Partial<Config>; database: MysqlAddress | undefined; problems: ConfigProblem[] } {
  const problems = [
    ...problemsOf(Environment, environment),
    ...problemsOf(DatabaseEnvironment, environment),
  ]
  const sound = Object.fromEntries(
    Object.entries(filled(environment)).filter(([name]) =>
      !problems.some((one) => one.name === name)
    ),
  )
  return {
    config: Settings.partial().parse(sound),
    database: DatabaseEnvironment.safeParse(sound).data?.DATABASE_URL,
    problems,
  }
}

type Variables = Record<string, string | undefined>

function parse<S extends z.ZodType>(schema: S, environment: Variables): z.output<S> {
  const result = schema.safeParse(filled(environment))
  if (result.success) return result.data
  const lines = toProblems(result.error, environment).map(({ name, problem }) =>
    `  ${name} ${problem}`
  )
  throw new ConfigError(
    `Cannot start as the environment is not valid:\n${lines.join('\n')}\n` +
      'See .env.example for what each variable is.',
  )
}

function problemsOf(schema: z.ZodType, environment: Variables): ConfigProblem[] {
  const { error } = schema.safeParse(filled(environment))
  return error ? toProblems(error, environment) : []
}

function toProblems(error: z.ZodError, environment: Variables): ConfigProblem[] {
  return error.issues.map(({ path, message }) => {
    const name = String(path[0])
    return { name, problem: environment[name] ? message : `is missing: ${message}` }
  })
}

function filled(environment: Variables): Variables {
  const set = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(set)
}

/** Live keys move real money; the events and sessions they see must say livemode too. */
export function isLive(config: Pick<Config, 'STRIPE_SECRET_KEY'>): boolean {
  return /^[sr]k_live_/.test(config.STRIPE_SECRET_KEY)
}

const PLACEHOLDER =
  /^(undefined|null|none|todo|secret|password)$|change.?me|replace.?me|your[_-]|\.\.\.|<|>|^(.)\2+$|(x{6}|0{12})/i

/** The addresses of .env.example. */
const EXAMPLE_URL = /^https?:\/\/your-(shop|panel)\.example/
const EXAMPLE_ADDRESS = /@your-shop\.example$/

function secret(pattern: RegExp, want: string) {
  return z.string(want).trim().regex(pattern, `must be ${want}`)
    .refine((value) => !PLACEHOLDER.test(value), `is a placeholder: it must be ${want}`)
}

function flag(normally: 'on' | 'off' = 'off') {
  return z.enum(['on', 'off'], 'must be on or off').default(normally).transform((v) => v === 'on')
}

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a text such as `90m`, `24h` or `2d`; undefined of any other. */
function toMs(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text.trim()) ?? []
  return count && unit ? Number(count) * (UNIT_MS[unit] ?? Number.NaN) : undefined
}

function duration({ from, to }: { from: string; to: string }) {
  return z.string().transform((text, context) => {
    const ms = toMs(text)
    if (ms !== undefined && ms >= (toMs(from) ?? 0) && ms <= (toMs(to) ?? 0)) return ms
    const message = `must be a duration such as 90m, 24h or 2d, from ${from} to ${to}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

function httpUrl(what: string) {
  return z.url({ protocol: /^https?$/, error: `must be ${what}` })
    .refine((value) => !EXAMPLE_URL.test(value), `is a placeholder: it must be ${what}`)
    .transform((value) => value.replace(/\/+$/, ''))
}

const Smtp = z.string().transform((text, context) => {
  try {
    return parseSmtpUrl(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'must look like smtps://user:password@host:465' })
    return z.NEVER
  }
})

const MailFrom = z.string().trim()
  .regex(
    /^[^\s@<>"(),:;\\[\]]+@[A-Za-z0-9.-]+$/,
    'must be a bare address, such as shop@example.com',
  )
  .refine((value) => !EXAMPLE_ADDRESS.test(value), 'is a placeholder: it must be a bare address')

const Jwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().length(43) })
const PrivateJwk = Jwk.extend({ d: z.string().length(43) })

function json<S extends z.ZodType>(schema: S, want: string) {
  return z.string(`it must be ${want}`).transform((text, context) => {
    const parsed = schema.safeParse(tryJson(text))
    if (parsed.success) return parsed.data
    context.addIssue({ code: 'custom', message: `must be ${want}` })
    return z.NEVER
  })
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const WEBHOOK_SECRET = /^whsec_[A-Za-z0-9+/=_-]{24,}$/

const Settings = z.object({
  PUBLIC_URL: httpUrl('the address customers type, such as https://shop.example.com'),
  SHOP_NAME: z.string().trim().min(1).max(60).default('Spawnpoint'),
  STRIPE_SECRET_KEY: secret(
    /^[sr]k_(test|live)_[A-Za-z0-9_]{16,}$/,
    'a Stripe secret or restricted key (sk_test_…, rk_live_…)',
  ),
  STRIPE_WEBHOOK_SECRETS: z.string('the endpoint secrets from Stripe (whsec_…), comma separated')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .refine(
      (all) => all.every((one) => WEBHOOK_SECRET.test(one) && !PLACEHOLDER.test(one)),
      'must hold only real endpoint secrets (whsec_ and at least 24 characters), comma separated',
    ),
  STRIPE_API_URL: httpUrl('a URL').default('https://api.stripe.com'),
  STRIPE_TAX: flag(),
  STRIPE_TAX_IDS: flag(),
  STRIPE_PROMOTION_CODES: flag(),
  STRIPE_TERMS_CONSENT: flag(),
  PANEL_URL: httpUrl('the address of the Pterodactyl panel'),
  PANEL_API_KEY: secret(/^[A-Za-z0-9_]{40,}$/, 'an application API key of the panel (ptla_…)'),
  JWT_PRIVATE_KEY: json(PrivateJwk, 'an Ed25519 private key as JWK (kty OKP, crv Ed25519, x, d)'),
  JWT_PREVIOUS_KEYS: json(z.array(Jwk), 'a JSON array of public Ed25519 JWKs').optional(),
  AUTH_SECRET: secret(/^.{32,}$/, 'at least 32 random characters'),
  REFUND_AFTER: duration({ from: '1m', to: '30d' }).prefault('24h'),
  REFUND_AFTER_HOURS: z.undefined('is not read any more: set REFUND_AFTER, such as 48h').optional(),
  TRUSTED_PROXIES: z.string().default('')
    .transform((text) => text.split(',').map((part) => part.trim()).filter(Boolean))
    .refine(
      (all) => all.every(isAddressRange),
      'must hold addresses or ranges, comma separated, such as 10.0.0.0/8',
    ),
  MAIL_FROM: MailFrom.optional(),
  MAIL_API_KEY: secret(/^\S{8,}$/, 'the key of the mail provider’s API (re_…)').optional(),
  MAIL_API_URL: httpUrl('the address of the mail provider’s API').optional(),
  SMTP_URL: Smtp.optional(),
  METRICS_TOKEN: secret(/^[\x21-\x7e]{32,}$/, 'at least 32 random characters').optional(),
  ALERT_WEBHOOK_URL: httpUrl('the address that takes alerts, such as https://hooks.slack.com/…')
    .refine(
      (value) => value.startsWith('https:') || isLoopback(new URL(value).hostname),
      'must be https: the address itself is a secret',
    ).optional(),
  ALERT_EMAIL: z.string().default('')
    .transform((text) => text.split(',').map((part) => part.trim()).filter(Boolean))
    .pipe(z.array(MailFrom)),
})

const Environment = Settings.superRefine((config, context) => {
  const complain = (name: string, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message })
  const { MAIL_FROM, MAIL_API_KEY, MAIL_API_URL, SMTP_URL, ALERT_EMAIL } = config
  if (ALERT_EMAIL.length > 0 && !MAIL_API_KEY && !SMTP_URL) {
    complain('ALERT_EMAIL', 'needs a way to send mails: set MAIL_API_KEY or SMTP_URL')
  }
  if ((MAIL_API_KEY || SMTP_URL) && !MAIL_FROM) {
    complain('MAIL_FROM', 'the address that mails come from, such as shop@example.com')
  }
  if (MAIL_API_URL && !MAIL_API_KEY) {
    complain('MAIL_API_KEY', 'MAIL_API_URL needs the key of the mail provider’s API')
  }
  if (MAIL_API_URL?.startsWith('http:') && !isLoopback(new URL(MAIL_API_URL).hostname)) {
    complain('MAIL_API_URL', 'must be https: the key and every mail travel there')
  }
})

const DATABASE_URL = z.string('mysql://user:password@host:3306/name')
  .transform((text, context) => {
    try {
      return parseDatabaseUrl(text)
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'must look like mysql://user:password@host:3306/name',
      })
      return z.NEVER
    }
  })

const DatabaseEnvironment = z.object({ DATABASE_URL })

const DenoEnvironment = z.object({
  DATABASE_URL,
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number('must be a port number').int().min(0).max(65_535).default(8000),
  STATIC_DIR: z.string().default('dist/storefront'),
  RUN_JOBS: flag('on'),
  STOP_GRACE_SECONDS: z.coerce.number('must be a number of seconds').min(0).max(3600).default(7),
})
