import { isDeepStrictEqual } from 'node:util'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { ReceivedMail } from './emulator.ts'

/** The provider's API over the mails it has taken. */
export interface ApiOptions {
  apiKey: string
  now: () => Date
  mails: readonly ReceivedMail[]
  keep: (mail: ReceivedMail) => void
}

/** `POST /`, with authorization, validation, idempotency and errors as Resend has them. */
export function apiRoutes({ apiKey, now, mails, keep }: ApiOptions) {
  return new Hono().post('/', async (c) => {
    const authorization = c.req.header('authorization')
    if (!authorization) {
      return refuse(c, 401, 'missing_api_key', 'Missing API key in the authorization header.')
    }
    if (authorization !== `Bearer ${apiKey}`) {
      return refuse(c, 403, 'invalid_api_key', 'API key is invalid.')
    }
    const key = c.req.header('idempotency-key')
    if (key !== undefined && (key.length < 1 || key.length > 256)) {
      return refuse(c, 400, 'invalid_idempotency_key', 'The key must be between 1-256 chars.')
    }
    const body = await c.req.json().catch(() => ({}))
    const parsed = Email.safeParse(body)
    if (!parsed.success) return refuseInvalid(c, parsed.error, body)
    const content = { ...parsed.data, tags: toRecord(parsed.data.tags) }
    const before = key && findRecent(mails, key, now())
    if (before) {
      if (isSame(before, content)) return c.json({ id: before.id })
      const message = 'Same idempotency key used with a different request payload.'
      return refuse(c, 409, 'invalid_idempotent_request', message)
    }
    const id = crypto.randomUUID()
    keep({ id, at: now().toISOString(), idempotencyKey: key, ...content })
    return c.json({ id })
  })
}

const HEADER = z.string().regex(
  /^\P{Cc}*$/u,
  'must be one line without control characters',
)
const ADDRESS = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$|^[^\s@<>]+@localhost$/
const Recipient = HEADER.regex(ADDRESS, 'must be an e-mail address')
const Sender = HEADER.regex(
  /^(.* <[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/,
  'must be email@example.com or Name <email@example.com>',
)
const TAG = /^[A-Za-z0-9_-]{1,256}$/

const Email = z.object({
  from: Sender,
  to: z.union([Recipient.transform((to) => [to]), z.array(Recipient).min(1).max(50)]),
  subject: HEADER.min(1),
  html: z.string().min(1),
  text: z.string().min(1),
  headers: z.record(z.string().regex(/^[!-9;-~]+$/), HEADER).default({}),
  tags: z.array(z.object({ name: z.string().regex(TAG), value: z.string().regex(TAG) })).default(
    [],
  ),
})

function toRecord(tags: { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ name, value }) => [name, value]))
}

const DAY_MS = 24 * 3_600_000

function findRecent(
  mails: readonly ReceivedMail[],
  key: string,
  now: Date,
): ReceivedMail | undefined {
  return mails.findLast((mail) =>
    mail.idempotencyKey === key && now.getTime() - Date.parse(mail.at) < DAY_MS
  )
}

type Content = Omit<ReceivedMail, 'id' | 'at' | 'idempotencyKey'>

function isSame({ id: _i, at: _a, idempotencyKey: _k, ...before }: ReceivedMail, content: Content) {
  return isDeepStrictEqual(before, content)
}

function refuseInvalid(c: Context, error: z.ZodError, body: object): Response {
  const [issue] = error.issues
  const field = String(issue?.path[0] ?? 'body')
  if (!Object.hasOwn(body, field)) {
    return refuse(c, 422, 'missing_required_field', `Missing \`${field}\` field.`)
  }
  if (field === 'from') {
    return refuse(c, 422, 'invalid_from_address', 'Invalid `from` field.')
  }
  return refuse(c, 422, 'validation_error', `Invalid \`${field}\` field: ${issue?.message}`)
}

function refuse(c: Context, status: 400 | 401 | 403 | 409 | 422, name: string, message: string) {
  return c.json({ statusCode: status, name, message }, status)
}
