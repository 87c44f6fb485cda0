import { microseconds } from '../db.ts'
import { type Check, count, duration, fail, ok, type Seen, skip, some, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** Whether customers get our mails. */
export const mailChecks: Check[] = [
  {
    id: 'mail.provider',
    what: 'The way mails leave',
    wanted: 'MAIL_FROM with MAIL_API_KEY or SMTP_URL',
    mend: 'Set MAIL_FROM, and MAIL_API_KEY or SMTP_URL: until then all mails wait.',
    look: ({ settings }) =>
      settings.MAIL_FROM && (settings.MAIL_API_KEY || settings.SMTP_URL)
        ? ok(settings.MAIL_API_KEY ? 'the provider’s API' : 'SMTP')
        : warn('none'),
  },
  {
    id: 'mail.outbox',
    what: 'Mails that wait',
    wanted: 'none for more than 15 min, and none given up in the last week',
    mend:
      'Mend what the error says of the provider or the address; they are tried again by themselves.',
    look: lookAtOutbox,
  },
  {
    id: 'mail.dns',
    what: 'What the sender’s domain says of mails',
    wanted: 'SPF, DKIM and DMARC records, without which mails end as spam',
    mend: 'Add the TXT records that the mail provider names to the domain of MAIL_FROM.',
    network: true,
    look: lookAtDns,
  },
]

const WAITING_MS = 15 * 60_000

const WEEK_MS = 7 * 24 * 60 * 60_000

async function lookAtOutbox({ rows }: Exam): Promise<Seen> {
  const [waiting] = await rows<{ n: number; seconds: number | null; lastError: string | null }>(
    `SELECT COUNT(*) AS n, TIMESTAMPDIFF(SECOND, MIN(created_at), {now}) AS seconds,
        MAX(last_error) AS lastError FROM outbox
      WHERE sent_at IS NULL AND given_up_at IS NULL
        AND created_at < {now} - INTERVAL ? MICROSECOND`,
    [microseconds(WAITING_MS)],
  )
  const n = Number(waiting?.n ?? 0)
  if (n > 0) {
    const age = duration(Number(waiting?.seconds) * 1000)
    return fail(`${count(n, 'mail')}, the oldest for ${age}: ${waiting?.lastError ?? 'not tried'}`)
  }
  const [lost] = await rows<{ n: number; lastError: string | null }>(
    `SELECT COUNT(*) AS n, MAX(last_error) AS lastError FROM outbox
      WHERE given_up_at > {now} - INTERVAL ? MICROSECOND
        AND (expires_at IS NULL OR expires_at > given_up_at)`,
    [microseconds(WEEK_MS)],
  )
  const given = Number(lost?.n ?? 0)
  return given
    ? warn(`${count(given, 'mail')} given up: ${lost?.lastError ?? 'no error'}`)
    : ok('none')
}

/** Names nobody can buy have no records. */
const NOT_PUBLIC =
  /(^|\.)(test|example|invalid|localhost|local|internal)$|(^|\.)example\.(com|net|org)$/

/** The selectors of common providers: only the sender's own mails say which is used. */
const SELECTORS = ['resend', 'default', 'mail', 'dkim', 'google', 'selector1', 's1', 'k1', 'pm']

async function lookAtDns({ settings, resolveTxt }: Exam): Promise<Seen> {
  const domain = settings.MAIL_FROM?.split('@')[1]
  if (!domain) return skip('no MAIL_FROM')
  if (NOT_PUBLIC.test(domain)) return skip(`${domain} is no public name`)
  if (!resolveTxt) return skip('this platform cannot ask')
  const ask = async (name: string) => await resolveTxt(name).catch(ignoreMissing)
  const [own, dmarc, ...keys] = await Promise.all([
    ask(domain),
    ask(`_dmarc.${domain}`),
    ...SELECTORS.map((selector) => ask(`${selector}._domainkey.${domain}`)),
  ])
  const missing = [
    ...(own?.some((text) => text.startsWith('v=spf1')) ? [] : ['SPF']),
    ...(keys.flat().some((text) => /\bp=[A-Za-z0-9+/]/.test(text)) ? [] : ['DKIM']),
    ...(dmarc?.some((text) => text.startsWith('v=DMARC1')) ? [] : ['DMARC']),
  ]
  return missing.length ? warn(`${domain} has no ${some(missing)}`) : ok(`${domain} has all three`)
}

/** A name without such a record is an answer; that nobody could be asked is none. */
function ignoreMissing(error: unknown): string[] {
  if (error instanceof Error && error.name === 'NotFound') return []
  throw error
}
