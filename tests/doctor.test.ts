import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding } from '../api/doctor/check.ts'
import { exitCodeOf } from '../api/doctor/doctor.ts'
import { printReport } from '../api/doctor/report.ts'
import { type Breakage, breakages } from './support/breakages.ts'
import { type Clinic, DATABASE_PASSWORD, startClinic } from './support/clinic.ts'

let clinic: Clinic
beforeAll(async () => void (clinic = await startClinic()), 60_000)
afterAll(() => clinic.stop())

/** Everything that is said in this file, to be searched for secrets. */
const said: string[] = []

function notWell(findings: Finding[]): string[] {
  said.push(printReport(findings), JSON.stringify(findings))
  return findings.filter(({ status, skipped }) => status !== 'ok' && !skipped).map(({ id }) => id)
}

test('the doctor finds nothing to mend in a healthy shop', async () => {
  const findings = await clinic.examine()
  expect(notWell(findings)).toEqual([])
  expect(exitCodeOf(findings)).toBe(0)
  const skipped = findings.filter((finding) => finding.skipped).map(({ id }) => id)
  expect(skipped).toEqual(['panel.version', 'mail.dns'])
  expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length)
})

test.each(breakages)('$name is named by $finds', async (breakage: Breakage) => {
  const { finds, seen, mend, also = [] } = breakage
  const undo = await breakage.harm?.(clinic)
  const started = performance.now()
  try {
    const findings = await clinic.examine(
      await breakage.environment?.(clinic),
      breakage.surroundings?.(clinic),
    )
    expect(performance.now() - started).toBeLessThan(15_000)
    expect(notWell(findings).sort()).toEqual([finds, ...also].sort())
    const found = findings.find(({ id }) => id === finds)
    expect(found?.seen).toMatch(seen)
    expect(found?.mend).toMatch(mend)
    expect(exitCodeOf(findings)).toBeGreaterThan(0)
  } finally {
    await undo?.()
  }
})

test('the shop is healthy again after all that, and no secret was said', async () => {
  expect(notWell(await clinic.examine())).toEqual([])
  const { environment } = clinic
  const secrets = ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRETS', 'PANEL_API_KEY', 'AUTH_SECRET']
    .map((name) => environment[name] ?? '')
  const { d } = JSON.parse(environment.JWT_PRIVATE_KEY ?? '')
  for (const secret of [...secrets, environment.MAIL_API_KEY ?? '', d, DATABASE_PASSWORD]) {
    expect(secret.length).toBeGreaterThan(10)
    expect(said.filter((text) => text.includes(secret))).toEqual([])
  }
})
