import * as z from 'zod'
import { PanelError, type PanelErrorKind, type PanelFault } from './panel.ts'

/** No answer came. Whether the panel has acted cannot be known: it goes on when its caller leaves. */
export function networkFault(what: string, cause: unknown): PanelError {
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError'
  const reason = timedOut
    ? 'the panel did not answer in time'
    : 'the connection to the panel failed'
  const code = timedOut ? 'timeout' : 'network'
  const fault: PanelFault = { code, kind: 'retry', outcome: 'unknown' }
  return new PanelError(`Cannot ${what} as ${reason}`, fault, { cause })
}

/** The panel has asked for a pause that is not over; the call was not made. */
export function pausedFault(what: string, retryAfterMs: number): PanelError {
  const seconds = Math.ceil(retryAfterMs / 1000)
  return new PanelError(`Cannot ${what} as the panel asked to wait: ${seconds} s`, {
    code: 'ThrottleRequestsException',
    status: 429,
    kind: 'retry',
    outcome: 'refused',
    retryAfterMs,
  })
}

/** A success that is not what this client knows: another product or release, or a key too narrow. */
export function unreadable(what: string, response: Response, reason: string): PanelError {
  const status = response.status
  return new PanelError(`Cannot ${what} as the panel's ${status} cannot be read: ${reason}`, {
    code: 'unexpected_answer',
    status,
    kind: status >= 500 ? 'retry' : 'configuration',
    outcome: 'unknown',
  })
}

/** Any answer that is not a success. Decides by `errors[0].code`; a status alone says too little. */
export function answerFault(what: string, response: Response, text: string): PanelError {
  const { status } = response
  if (status >= 300 && status < 400) return redirectFault(what, status)
  const errors = parseErrors(text)
  const [first] = errors ?? []
  if (!errors || !first) return strangerFault(what, response)
  return new PanelError(`Cannot ${what} as the panel answered ${status} ${describe(first)}`, {
    code: first.code,
    status,
    kind: kindOf(first, status),
    outcome: outcomeOf(first.code, status),
    ...failedFields(errors),
    retryAfterMs: retryAfterMs(response),
    requestId: /request[ _]id: ([\w-]+)/.exec(first.detail)?.[1],
  })
}

type PanelProblem = z.infer<typeof Envelope>['errors'][number]

const Envelope = z.object({
  errors: z.array(z.object({
    code: z.string(),
    detail: z.string().default(''),
    // In debug mode it holds a trace, at other times the failed field or nothing.
    meta: z.object({ source_field: z.string().optional(), rule: z.string().optional() }).optional(),
  })),
})

function parseErrors(text: string) {
  try {
    return Envelope.safeParse(JSON.parse(text)).data?.errors
  } catch {
    return undefined
  }
}

function redirectFault(what: string, status: number): PanelError {
  const reason = 'the panel redirects: is its address right, with https?'
  return new PanelError(`Cannot ${what} as ${reason}`, {
    code: 'redirect',
    status,
    kind: 'configuration',
    outcome: 'refused',
  })
}

/** Not the panel's own words: a proxy in front of it (5xx, 429), or no panel at all. */
function strangerFault(what: string, response: Response): PanelError {
  const { status } = response
  return new PanelError(`Cannot ${what} as the answer ${status} is not a panel's JSON`, {
    code: 'not_json',
    status,
    kind: status >= 500 || status === 429 ? 'retry' : 'configuration',
    outcome: status >= 400 && status < 500 ? 'refused' : 'unknown',
    retryAfterMs: retryAfterMs(response),
  })
}

function kindOf({ code, detail }: PanelProblem, status: number): PanelErrorKind {
  // Carries the status of the node, which says nothing about the request or the server.
  if (code === 'DaemonConnectionException') return 'retry'
  if (code === 'TwoFactorAuthRequiredException') return 'configuration'
  if (code.startsWith('NoViable')) return 'capacity'
  // Without this a wrong address would read as "no such server".
  if (status === 404 && detail.startsWith('The route ')) return 'configuration'
  return kindOfStatus(status)
}

function kindOfStatus(status: number): PanelErrorKind {
  if (status === 401 || status === 403 || status === 405) return 'configuration'
  if (status === 404) return 'missing'
  if (status === 409) return 'conflict'
  if (status === 429 || status >= 500) return 'retry'
  return 'invalid'
}

function outcomeOf(code: string, status: number): PanelFault['outcome'] {
  // The node may have done the work and only failed to say so.
  if (code === 'DaemonConnectionException') return 'unknown'
  // The database refused the row, so there is none.
  if (code === 'DataValidationException') return 'refused'
  return status < 500 ? 'refused' : 'unknown'
}

function failedFields(errors: PanelProblem[]): Pick<PanelFault, 'sourceFields' | 'rules'> {
  const named = errors.flatMap(({ meta }) => meta?.source_field ? [meta] : [])
  if (named.length === 0) return { sourceFields: fieldsInDetail(errors[0]) }
  return {
    sourceFields: named.map((meta) => meta.source_field ?? ''),
    rules: named.map((meta) => meta.rule ?? ''),
  }
}

/** `… failed to validate data: {"external_id":["…"]}`: the loser of a race is told in prose. */
function fieldsInDetail(error: PanelProblem | undefined): string[] {
  if (error?.code !== 'DataValidationException') return []
  try {
    return Object.keys(JSON.parse(error.detail.slice(error.detail.indexOf('{'))))
  } catch {
    return []
  }
}

/** Text of unexpected faults may hold SQL with personal data when the panel runs in debug mode. */
function describe({ code, detail }: PanelProblem): string {
  const expected = ['ValidationException', 'DaemonConnectionException', 'DisplayException']
  return expected.includes(code) ? `${code}: ${detail.slice(0, 200)}` : code
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = response.headers.get('Retry-After')
  return seconds && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined
}
