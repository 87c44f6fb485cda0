import type { Voice } from '../faults/wire.ts'

/** How the mail provider words the faults that are ordered at it. */
export const mailboxVoice: Voice = {
  error: ({ status, code = nameOf(status), message = 'An unexpected error occurred.' }) =>
    answer(status, code, message),
  tooMany: ({ seconds }) =>
    answer(
      429,
      'rate_limit_exceeded',
      'Too many requests. You can only make 5 requests per second. See rate limit response ' +
        'headers for more information. Or contact support to increase rate limit.',
      {
        'ratelimit-limit': '5',
        'ratelimit-remaining': '0',
        'ratelimit-reset': String(seconds),
        'retry-after': String(seconds),
      },
    ),
}

function nameOf(status: number): string {
  if (status >= 500) return 'internal_server_error'
  return status === 401 ? 'missing_api_key' : 'validation_error'
}

function answer(statusCode: number, name: string, message: string, headers = {}): Response {
  return Response.json({ statusCode, name, message }, { status: statusCode, headers })
}
