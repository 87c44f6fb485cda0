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

  constructor(status: ContentfulStatusCode, code: string, issues: PanelIssue[] | string) {
    super(code)
    this.status = status
    this.code = code
    this.issues = typeof issues === 'string' ? [{ detail: issues }] : issues
  }

  /** The status inside the envelope is a text. */
  get envelope() {
    const status = String(this.status)
    return { errors: this.issues.map((issue) => ({ code: this.code, status, ...issue })) }
  }
}

export function notFound(): PanelFailure {
  const detail = 'The requested resource could not be found on the server.'
  return new PanelFailure(404, 'NotFoundHttpException', detail)
}

export function unexpected(code: string): PanelFailure {
  const detail =
    'An unexpected error was encountered while processing this request, please try again.'
  return new PanelFailure(500, code, detail)
}

/** A refusal by a business rule; the panel shows its text to people. */
export function refused(detail: string, code = 'DisplayException'): PanelFailure {
  return new PanelFailure(400, code, detail)
}
