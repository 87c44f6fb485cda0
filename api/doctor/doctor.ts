import { DbUnavailable } from '../db.ts'
import { errnoOf } from '../db_errors.ts'
import { scrub } from '../log.ts'
import { NoAnswer } from './ask.ts'
import { type Check, fail, type Finding, type Seen, skip, Undecided } from './check.ts'
import { checks } from './checks.ts'
import { type Exam, openExam, type Patient } from './exam.ts'
import { secretsOf } from './secrets.ts'

/** Room for two answers of 5 s one after the other; the whole examination takes 15 s at most. */
const CHECK_MS = 12_000

/**
 * Looks at everything at once, in the order of the list: each check ends by itself or by its
 * time, and what one of them meets does not touch the others. `offline` asks the database alone.
 * Only reads, but for one row by which it sees that the database keeps what is written.
 */
export async function examine(
  patient: Patient,
  { offline = false, only = checks }: { offline?: boolean; only?: readonly Check[] } = {},
): Promise<Finding[]> {
  const exam = openExam(patient)
  const hidden = secretsOf(patient.settings)
  return await Promise.all(only.map(async (check) => {
    const seen = offline && check.network ? skip('not looked at offline') : await look(check, exam)
    return toFinding(check, seen, (text) => hide(text, hidden))
  }))
}

/** 0 when all is well, 1 when something should be looked at, 2 when something does not work. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ status }) => status === 'fail')) return 2
  return findings.some(({ status }) => status === 'warn') ? 1 : 0
}

async function look(check: Check, exam: Exam): Promise<Seen> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise<Seen>((resolve) => {
    const seen = fail(`this check did not end within ${CHECK_MS / 1000} s`)
    timer = setTimeout(() => resolve(seen), CHECK_MS)
  })
  try {
    return await Promise.race([Promise.try(check.look, exam).catch(seenOf), tooLong])
  } finally {
    clearTimeout(timer)
  }
}

/** No such table or column: the schema is another version's. */
const OTHER_SCHEMA = [1146, 1054]

function seenOf(error: unknown): Seen {
  if (error instanceof Undecided) return undecided(error.message)
  if (error instanceof DbUnavailable) {
    return undecided('the database is away: see database.reachable')
  }
  if (OTHER_SCHEMA.includes(errnoOf(error) ?? 0)) {
    return undecided('the schema is not of this version: see database.schema')
  }
  if (error instanceof NoAnswer) return fail(`no answer: ${error.message}`)
  return fail(`the check failed: ${error instanceof Error ? error.message : String(error)}`)
}

function undecided(reason: string): Seen {
  return { status: 'warn', seen: `not decided: ${reason}`, skipped: true }
}

function toFinding(check: Check, seen: Seen, clean: (text: string) => string): Finding {
  const skipped = seen.skipped ?? false
  const needsMending = seen.status !== 'ok' && !skipped
  return {
    id: check.id,
    what: check.what,
    status: seen.status,
    skipped,
    seen: clean(seen.seen),
    wanted: check.wanted,
    mend: needsMending ? clean(seen.mend ?? check.mend) : '',
  }
}

/** What others answered may repeat what they were sent; neither goes on. */
function hide(text: string, secrets: readonly string[]): string {
  return scrub(secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text))
}
