/** What a line may say besides its message. Anything not listed here is dropped, not masked. */
export interface LogFields {
  requestId?: string
  /** What the client, or a proxy before us, calls the request. */
  upstreamId?: string
  method?: string
  path?: string
  status?: number
  ms?: number
  userId?: string
  orderId?: string
  serverId?: string
  mailId?: string
  paymentId?: string
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
  /**
   * For an Error its name, message, stack and the ids by which Stripe or the panel knows the call are
   * kept, with anything like a secret removed.
   */
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
  return text.replace(SECRETS, '[secret]').replace(
    CARD_NUMBERS,
    (digits) => isCardNumber(digits) ? '[secret]' : digits,
  )
}

const SECRETS =
  /\b([sr]k_(test|live)_|whsec_|ptl[ac]_|re_)[A-Za-z0-9+/=_-]+|eyJ[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]+)*|\b(Bearer|Basic)\s+[^\s"\\]+|(?:mysql|mariadb|smtps?):\/\/[^\s"\\]+|\b([Ss]et-)?[Cc]ookie: ?[^"\\\n]+/g

/** No issuer's number begins otherwise; a time in milliseconds does. */
const CARD_NUMBERS = /(?<![\w-])[2-6](?:[ -]?\d){12,18}(?![\w-])/g

/** The check digit of ISO/IEC 7812 (Luhn). */
function isCardNumber(text: string): boolean {
  const digits = [...text.replaceAll(/\D/g, '')].map(Number).reverse()
  const sum = digits.reduce((sum, digit, at) => {
    const weighed = at % 2 ? digit * 2 : digit
    return sum + (weighed > 9 ? weighed - 9 : weighed)
  }, 0)
  return sum % 10 === 0
}

const NAMES = [
  'requestId',
  'upstreamId',
  'method',
  'path',
  'status',
  'ms',
  'userId',
  'orderId',
  'serverId',
  'mailId',
  'paymentId',
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

/** How Stripe and a node of the panel call one request, in the errors of ours. */
const CALL_IDS = ['stripeRequestId', 'requestId'] as const

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  const ids = Object.fromEntries(
    CALL_IDS.filter((id) => id in error).map((id) => [id, Reflect.get(error, id)]),
  )
  return { name, message, stack, ...ids, ...(cause ? { cause: describeError(cause) } : {}) }
}
