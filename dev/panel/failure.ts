import type { ContentfulStatusCode } from 'hono/utils/http-status'

export interface PanelIssue {
  detail: string
  meta?: { source_field: string; rule: string }
}

/** An error answer: `code` is the short name of the PHP exception, `detail` is for people. */
export class PanelFailure extends Error {
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly issues: PanelIssue[]
  /** Sent along with the answer. */
  readonly headers: Record<string, string>

  /** `rawDetail` is what the exception itself says, which only `APP_DEBUG` shows. */
  constructor(
    status: ContentfulStatusCode,
    code: string,
    issues: PanelIssue[] | string,
    { rawDetail, headers = {} }: { rawDetail?: string; headers?: Record<string, string> } = {},
  ) {
    super(rawDetail ?? code)
    this.status = status
    this.code = code
    this.issues = typeof issues === 'string' ? [{ detail: issues }] : issues
    this.headers = headers
    this.rawDetail = rawDetail
  }

  private readonly rawDetail: string | undefined

  /** The status inside the envelope is a text. */
  get envelope() {
    const status = String(this.status)
    return { errors: this.issues.map((issue) => ({ code: this.code, status, ...issue })) }
  }

  /** With `APP_DEBUG=true`: the place, the stack, and the exception's own words. */
  get debugEnvelope() {
    const trace = framesOf(this.stack ?? '')
    const [{ line, file } = { line: 0, file: '' }] = trace
    return {
      errors: this.envelope.errors.map((error) => ({
        ...error,
        detail: this.rawDetail ?? error.detail,
        source: { line, file },
        meta: { trace, previous: [], ...error.meta },
      })),
    }
  }
}

/** For the debug mode: `model` names what is missing, and `id` by what it was looked for, if by id. */
export function notFound(model?: string, id?: string): PanelFailure {
  return new PanelFailure(
    404,
    'NotFoundHttpException',
    'The requested resource could not be found on the server.',
    { rawDetail: model && missingWords(model, id) },
  )
}

function missingWords(model: string, id: string | undefined): string {
  return `No query results for model [Pterodactyl\\Models\\${model}]${id ? ` ${id}` : '.'}`
}

/** What the panel did not see coming; `code` names the exception. */
export function unexpected(code: string, rawDetail?: string): PanelFailure {
  return new PanelFailure(500, code, UNEXPECTED, { rawDetail })
}

/** What the panel says where it says nothing of what happened. */
export const UNEXPECTED =
  'An unexpected error was encountered while processing this request, please try again.'

/** A refusal by a business rule; the panel shows its text to people. */
export function refused(detail: string, code = 'DisplayException'): PanelFailure {
  return new PanelFailure(400, code, detail)
}

export function forbidden(detail: string): PanelFailure {
  return new PanelFailure(403, 'AccessDeniedHttpException', detail)
}

/** The stack in the shape of PHP's, without the folders above the emulator. */
function framesOf(stack: string) {
  return [...stack.matchAll(/at (?:(?:new )?(\S+) \()?[^\n]*?(\/dev\/panel\/[^\n:]+):(\d+):\d+/g)]
    .map(([, name, file = '', line]) => ({ file, line: Number(line), function: name ?? '' }))
}
