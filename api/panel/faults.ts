import * as z from 'zod'
import { type NotCalled, PanelError, type PanelErrorKind, type PanelFault } from './panel.ts'

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

/** The call was not made: the panel allows no more for now, or is not asked while it is away. */
export function notCalled(
  what: string,
  { code, reason, retryAfterMs, kind = 'retry' }: {
    code: NotCalled
    reason: string
    retryAfterMs: number
    kind?: PanelErrorKind
  },
): PanelError {
  const fault: PanelFault = { code, kind, outcome: 'refused', retryAfterMs }
  return new PanelError(`Cannot ${what} as ${reason}`, fault)
}

/** What a call says of the panel as a whole, whatever it says of the one request. */
export type Verdict = 'sensible' | 'pause' | 'outage' | 'stranger' | 'configuration'

/**
 * - sensible: the panel works and knows us; so also when it refuses, or a node of it is away
 * - stranger: once may be chance, always is a wrong address
 */
export function verdictOn(error: unknown): Verdict {
  if (!(error instanceof PanelError)) return 'sensible'
  const { code, status = 0, kind } = error
  if (status === 429) return 'pause'
  // A node that is away, and the loser of a race, are told by a panel that works.
  if (code === 'DaemonConnectionException' || code === 'DataValidationException') return 'sensible'
  if (code === 'network' || code === 'timeout' || status >= 500) return 'outage'
  if (code === 'not_json') return 'stranger'
  // One odd row at the panel makes one list unreadable, not the panel.
  if (code === 'unexpected_answer') return 'sensible'
  return kind === 'configuration' ? 'configuration' : 'sensible'
}

/** What a person reads of a failure: what is wrong, and where to look. */
export function inWords(error: PanelError): string {
  const { code, status } = error
  const words = code === 'TwoFactorAuthRequiredException'
    ? 'the panel wants two-factor authentication from the owner of our key'
    : wordsByStatus[status ?? 0]
  return words ? `${words} (${error.message})` : error.message
}

const wordsByStatus: Record<number, string> = {
  401: 'the panel does not know our key: it was revoked, or its owner was deleted',
  403: 'our key may not do this: its permissions, its owner or its allowed addresses have changed',
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
