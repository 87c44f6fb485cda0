import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding, Seen } from '../api/doctor/check.ts'
import { examine, exitCodeOf } from '../api/doctor/doctor.ts'
import { openPatient } from '../api/doctor/patient.ts'
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

test('services that repeat what they were sent make the doctor repeat no secret', async () => {
  const fetch: typeof globalThis.fetch = (_input, init) => {
    const sent = JSON.stringify(
      [...new Headers(init?.headers)].map(([, value]) => value.split(' ')),
    )
    const body = { error: { message: sent }, errors: [{ code: 'Odd', detail: sent }] }
    return Promise.resolve(
      Response.json(body, { status: 418, headers: { location: `/x?${sent}` } }),
    )
  }
  const findings = await clinic.examine({}, { fetch })
  expect(notWell(findings)).toContain('stripe.key')
  expect(findings.find(({ id }) => id === 'stripe.key')?.seen).toContain('[secret]')
  expect(findings.find(({ id }) => id === 'panel.reachable')?.seen).toContain('[secret]')
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

test('the command ends with a line a check, or JSON, and an exit code', async () => {
  // A process of its own has the time of this machine, and the shop is a quarter of an hour ahead.
  const past = await run([])
  const lines = past.out.trim().split('\n')
  expect(lines.filter((line) => /^(ok|skip) +[a-z]+\.[a-z-]+ /.test(line)).length)
    .toBeGreaterThan(60)
  expect(lines).toContainEqual(
    expect.stringMatching(/^fail webhook\.secrets .*\| wanted: .*\| to mend: Start the shop again/),
  )
  expect(lines.at(-1)).toMatch(/^\d+ ok, \d+ to look at, \d+ failed, \d+ skipped$/)
  expect(past.code).toBe(2)
  const broken = await run(['--json', '--offline'], { PANEL_API_KEY: '', PANEL_URL: '' })
  expect(broken.code).toBe(2)
  const { exitCode, findings } = JSON.parse(broken.out)
  expect(exitCode).toBe(2)
  expect(findings).toContainEqual(expect.objectContaining({
    id: 'config.complete',
    status: 'fail',
    seen: expect.stringMatching(/^PANEL_URL is missing.*PANEL_API_KEY is missing/),
  }))
  expect(findings).toContainEqual(expect.objectContaining({
    id: 'stripe.key',
    skipped: true,
    seen: 'not looked at offline',
  }))
})

test('offline nobody is asked but the database', async () => {
  const asked: string[] = []
  const fetch = (input: unknown) => {
    asked.push(String(input))
    return Promise.reject(new Error('offline'))
  }
  const resolveTxt = (name: string) => fetch(name)
  const findings = await clinic.examine({}, { fetch, resolveTxt }, { offline: true })
  expect({ asked, bad: notWell(findings) }).toEqual({ asked: [], bad: [] })
})

test('a service that hangs is named in time, and spoils nothing else', async () => {
  const hanging = Deno.listen({ port: 0, hostname: '127.0.0.1' })
  const { port } = hanging.addr as Deno.NetAddr
  const held: Deno.Conn[] = []
  const holding = (async () => {
    for await (const connection of hanging) held.push(connection)
  })()
  const started = performance.now()
  const url = `http://127.0.0.1:${port}`
  const findings = await clinic.examine({ PANEL_URL: url, STRIPE_API_URL: url })
  expect(performance.now() - started).toBeLessThan(15_000)
  expect(notWell(findings).sort())
    .toEqual(['panel.permissions', 'panel.reachable', 'stripe.clock', 'stripe.key'])
  const found = findings.filter(({ id }) => id === 'panel.reachable' || id === 'stripe.key')
  expect(found.map(({ seen }) => seen))
    .toEqual(['no answer: no answer within 5 s', 'no answer: no answer within 5 s'])
  const blind = await clinic.examine({ DATABASE_URL: `mysql://shop:secret@127.0.0.1:${port}/shop` })
  expect(performance.now() - started).toBeLessThan(30_000)
  expect(notWell(blind)).toEqual(['database.reachable'])
  hanging.close()
  await holding
  held.forEach((connection) => connection.close())
})

test('a check that throws is a finding of its own', async () => {
  const check = { id: 'test.odd', what: 'Odd', wanted: 'an end', mend: 'End it.' }
  const odd = (look: () => Promise<Seen>) =>
    examine(openPatient({}), { only: [{ ...check, look }] })
  const [thrown] = await odd(() => Promise.reject(new TypeError('no such thing')))
  expect(thrown).toMatchObject({ status: 'fail', seen: 'the check failed: no such thing' })
})

async function run(args: string[], changes: Record<string, string> = {}) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', 'api/doctor/cli.ts', ...args],
    env: { ...clinic.environment, ...changes },
    stdin: 'null',
  })
  const { code, stdout, stderr } = await command.output()
  const text = new TextDecoder()
  return { code, out: text.decode(stdout), error: text.decode(stderr) }
}
