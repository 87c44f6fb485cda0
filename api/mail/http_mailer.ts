import * as z from 'zod'
import {
  MAIL_HEADERS,
  MAIL_TIMEOUT_MS,
  type Mailer,
  MailError,
  type OutgoingMail,
} from './mailer.ts'

export interface HttpMailerOptions {
  /** Without a slash at the end. */
  apiUrl: string
  apiKey: string
}

const Accepted = z.object({ id: z.string().min(1).max(200) })
const Refusal = z.object({ name: z.string(), message: z.string() })

/**
 * Sends through an API that speaks Resend's `POST /emails`, on any platform. The mail's id is the
 * Idempotency-Key: within a day the provider takes a mail once, however often it is handed over.
 */
export function createHttpMailer({ apiUrl, apiKey }: HttpMailerOptions): Mailer {
  return {
    async send(mail) {
      const response = await post(`${apiUrl}/emails`, apiKey, mail)
      const body = await readBody(response)
      if (!response.ok) return whyNot(response, body)
      const accepted = Accepted.safeParse(body)
      if (!accepted.success) throw unreadable(response)
      return { providerId: accepted.data.id }
    },
  }
}

async function post(url: string, apiKey: string, mail: OutgoingMail): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: {
        'authorization': `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': mail.id,
        'user-agent': 'spawnpoint',
      },
      body: JSON.stringify(toRequest(mail)),
      redirect: 'manual',
      signal: AbortSignal.timeout(MAIL_TIMEOUT_MS),
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MailError(`Cannot reach the mail provider: ${reason}`, { retryable: true, cause })
  }
}

function toRequest({ messageId, template, from, to, subject, text, html }: OutgoingMail) {
  return {
    from: `"${from.name.replace(/["\\]/g, '\\$&')}" <${from.address}>`,
    to: [to],
    subject,
    html,
    text,
    headers: { ...MAIL_HEADERS, 'Message-ID': messageId },
    tags: [{ name: 'template', value: template }],
  }
}

async function readBody(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

/** Refusals that speak of our key, domain or address, and not of the mail. */
const CONFIGURATION = new Set(['invalid_from_address', 'restricted_api_key', 'invalid_api_key'])

/** Throws, unless the refusal means that the mail was taken before. */
function whyNot(response: Response, body: unknown): { providerId?: string } {
  const refusal = Refusal.safeParse(body)
  const { name, message } = refusal.success
    ? refusal.data
    : { name: '', message: 'no reason given' }
  // The key is of a mail that was taken, and is written differently since: by another SHOP_NAME, say.
  if (response.status === 409 && name === 'invalid_idempotent_request') return {}
  const aboutTheMail = [400, 413, 422].includes(response.status) && !CONFIGURATION.has(name)
  throw new MailError(`The mail provider answers ${response.status} ${name}: ${message}`, {
    retryable: !aboutTheMail,
    retryAfterMs: retryAfterMs(response),
  })
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined
}

/** Taken or not, we cannot know; handing it over again is safe. */
function unreadable(response: Response): MailError {
  return new MailError(`The mail provider answers ${response.status} with what cannot be read`, {
    retryable: true,
  })
}
