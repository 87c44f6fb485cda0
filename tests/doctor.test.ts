import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clinic, startClinic } from './support/clinic.ts'

let clinic: Clinic
beforeAll(async () => void (clinic = await startClinic()), 60_000)
afterAll(() => clinic.stop())

test('the doctor finds nothing to mend in a healthy shop', async () => {
  const findings = await clinic.examine()
  expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
})
