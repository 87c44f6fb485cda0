import { dirname, join } from 'node:path'
import config from '../deno.json' with { type: 'json' }
import { ensureServerProgram } from './database/server_program.ts'
import { type Mutation, mutations } from './mutations/list.ts'
import { mutate } from './mutations/mutate.ts'

const ROOT = join(import.meta.dirname ?? '.', '..')

/** What the tests read, but for the packages. */
const COPIED = ['api', 'dev', 'migrations', 'storefront', 'tests', 'docs', 'deno.json', 'deno.lock']
const COPIED_TOO = ['vitest.config.ts', 'catalog.json', 'catalog.schema.json', 'README.md']

const WHOLE_MS = 10 * 60_000

/**
 * Takes one safeguard after the other out of a copy of the code, and sees that its test fails: of
 * those whose name contains a word of the command line, or of all. Ends with 1 when one survives.
 */
async function main(): Promise<number> {
  if (!Deno.env.get('TEST_DATABASE_URL')) await ensureServerProgram(console.log)
  const folder = await Deno.makeTempDir({ prefix: 'spawnpoint-mutations-' })
  try {
    await copyTree(folder)
    return await runAll(folder, mutations.filter(isAsked))
  } finally {
    await Deno.remove(folder, { recursive: true })
  }
}

function isAsked({ name }: Mutation): boolean {
  return Deno.args.length === 0 || Deno.args.some((word) => name.includes(word))
}

async function copyTree(folder: string): Promise<void> {
  const from = [...COPIED, ...COPIED_TOO].map((name) => join(ROOT, name))
  const copied = await new Deno.Command('cp', { args: ['-r', ...from, folder] }).output()
  if (!copied.success) throw new Error(new TextDecoder().decode(copied.stderr))
  await Deno.symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}

async function runAll(folder: string, asked: Mutation[]): Promise<number> {
  const until = performance.now() + WHOLE_MS
  let survived = 0
  for (const mutation of asked) {
    const path = join(folder, mutation.file)
    const original = await Deno.readTextFile(path)
    const left = until - performance.now()
    const before = await failures(folder, mutation, left)
    await Deno.writeTextFile(path, mutate(original, mutation))
    const after = await failures(folder, mutation, until - performance.now())
    await Deno.writeTextFile(path, original)
    const caught = before?.length === 0 ? after?.[0] : undefined
    if (!caught) survived++
    const why = before?.length === 0 ? 'SURVIVED' : 'its test fails, or does not run, without it'
    console.log(`${mutation.name} → ${caught ?? why}`)
  }
  console.log(`\n${asked.length - survived} of ${asked.length} caught`)
  return survived === 0 ? 0 : 1
}

interface Report {
  numPassedTests: number
  testResults: { assertionResults: { status: string; title: string }[] }[]
}

/** The names of the tests that failed; undefined when none ran to its end in time. */
async function failures(
  folder: string,
  { caughtBy }: Mutation,
  leftMs: number,
): Promise<string[] | undefined> {
  const output = join(dirname(folder), `${folder.split('/').at(-1)}.json`)
  const pattern = caughtBy.test.replaceAll(/[()?.*+]/g, '\\$&')
  const args = ['run', caughtBy.file, '--reporter=json', `--outputFile=${output}`]
  if (pattern) args.push('-t', pattern)
  try {
    await new Deno.Command(Deno.execPath(), {
      args: ['run', '-A', config.imports.vitest, ...args],
      cwd: folder,
      stdout: 'null',
      stderr: 'null',
      signal: AbortSignal.timeout(Math.max(leftMs, 1)),
    }).output()
    const { numPassedTests, testResults }: Report = JSON.parse(await Deno.readTextFile(output))
    const failed = testResults.flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'failed').map(({ title }) => title)
    return numPassedTests + failed.length > 0 ? failed : undefined
  } catch {
    return undefined
  } finally {
    await Deno.remove(output).catch(() => {})
  }
}

Deno.exit(await main())
