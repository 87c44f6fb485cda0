import type { Voice } from '../faults/wire.ts'
import { type PanelIssue, UNEXPECTED } from './failure.ts'
import type { PanelApp } from './panel.ts'

/** How the panel words the faults that are ordered at it. */
export function panelVoice({ settings }: Pick<PanelApp, 'settings'>): Voice {
  return {
    error({ status, code = codeOf(status), message = UNEXPECTED, field }) {
      const meta = field === undefined ? undefined : { source_field: field, rule: 'in' }
      return answer(status, code, { detail: message, ...(meta && { meta }) })
    },
    tooMany({ seconds, endsAt }) {
      return answer(429, 'ThrottleRequestsException', { detail: 'Too Many Attempts.' }, {
        'X-RateLimit-Limit': String(settings.requestsPerMinute.application),
        'X-RateLimit-Remaining': '0',
        'Retry-After': String(seconds),
        'X-RateLimit-Reset': String(Math.ceil(endsAt / 1000)),
      })
    },
  }
}

/** The exception that usually ends in this status. */
function codeOf(status: number): string {
  const known: Record<number, string> = {
    400: 'DisplayException',
    401: 'AuthenticationException',
    403: 'AccessDeniedHttpException',
    404: 'NotFoundHttpException',
    422: 'ValidationException',
    503: 'ServiceUnavailableHttpException',
  }
  return known[status] ?? 'HttpException'
}

function answer(status: number, code: string, issue: PanelIssue, headers = {}): Response {
  const errors = [{ code, status: String(status), ...issue }]
  return Response.json({ errors }, { status, headers })
}
