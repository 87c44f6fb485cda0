/** What a line may say besides its message. Anything not listed here is dropped, not masked. */
export interface LogFields {
  requestId?: string
  method?: string
  path?: string
  status?: number
  ms?: number
  userId?: string
  orderId?: string
  serverId?: string
  mailId?: string
  jobId?: string
  job?: string
  eventId?: string
  eventType?: string
  stripeSessionId?: string
  /** Names of what a payment says differently from its order. */
  differences?: string[]
  attempt?: number
  count?: number
  code?: string
  retryAt?: string
  /** For an Error its name, message and stack are kept, with anything like a secret removed. */
  error?: unknown
}

export type LogLevel = 'info' | 'warn' | 'error'

export interface Log {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** One JSON line an event: `ts` (UTC), `level`, `msg` and the allowed fields. */
export function createLog(write: (line: string) => void, now: () => Date): Log {
  const at = (level: LogLevel) => (message: string, fields: LogFields = {}) => {
    const line = JSON.stringify({
      ts: now().toISOString(),
      level,
      msg: message,
      ...allowed(fields),
    })
    write(scrub(line))
  }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

/** Text safe to keep: the second net under the allow-list, also used for stored error messages. */
export function scrub(text: string): string {
  return text.replace(SECRETS, '[secret]')
}

const SECRETS =
  /\b([sr]k_(test|live)_|whsec_|ptl[ac]_|re_)[A-Za-z0-9+/=_-]+|eyJ[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]+)*|\b(Bearer|Basic)\s+[^\s"\\]+|(?:mysql|mariadb|smtps?):\/\/[^\s"\\]+/g

const NAMES = [
  'requestId',
  'method',
  'path',
  'status',
  'ms',
  'userId',
  'orderId',
  'serverId',
  'mailId',
  'jobId',
  'job',
  'eventId',
  'eventType',
  'stripeSessionId',
  'differences',
  'attempt',
  'count',
  'code',
  'retryAt',
] as const satisfies readonly (keyof LogFields)[]

function allowed(fields: LogFields): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name of NAMES) if (fields[name] !== undefined) kept[name] = fields[name]
  if (fields.error !== undefined) kept.error = describeError(fields.error)
  return kept
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  return { name, message, stack, ...(cause ? { cause: describeError(cause) } : {}) }
}
