import { join } from 'node:path'
import config from '../../deno.json' with { type: 'json' }
import { ensureServerProgram } from '../database/server_program.ts'
import { explain } from '../start_error.ts'
import { type Counts, COUNTS_FILE, readCounts } from './counts.ts'

const ROOT = join(import.meta.dirname ?? '.', '../..')

/**
 * Runs vitest with `args` in the root of the project, says as its last line how many tests passed,
 * and ends the process: with 0 if none failed.
 */
export async function runTests(
  args: string[],
  { prepare }: { prepare?: () => Promise<Record<string, string>> } = {},
): Promise<never> {
  const counts = await run(args, prepare).catch((error): Counts => {
    console.error(explain(error))
    return { passed: 0, failed: 1, skipped: 0 }
  })
  console.log(`\n${summary(counts)}`)
  Deno.exit(counts.failed === 0 ? 0 : 1)
}

async function run(
  args: string[],
  prepare: () => Promise<Record<string, string>> = () => Promise.resolve({}),
): Promise<Counts> {
  if (!Deno.env.get('TEST_DATABASE_URL')) await ensureServerProgram(console.log)
  const env = await prepare()
  const folder = await Deno.makeTempDir({ prefix: 'spawnpoint-counts-' })
  const countsFile = join(folder, 'counts.json')
  try {
    const exitCode = await runVitest(args, { ...env, [COUNTS_FILE]: countsFile })
    return await readCounts(countsFile, exitCode)
  } finally {
    await Deno.remove(folder, { recursive: true })
  }
}

async function runVitest(args: string[], env: Record<string, string>): Promise<number> {
  const vitest = new Deno.Command(Deno.execPath(), {
    args: ['run', '-A', config.imports.vitest, 'run', ...args],
    cwd: ROOT,
    env,
  }).spawn()
  // The terminal sends Ctrl-C to vitest as well; we stay to see it clean up.
  Deno.addSignalListener('SIGINT', () => {})
  for (const name of ['SIGTERM', 'SIGHUP'] as const) {
    Deno.addSignalListener(name, () => vitest.kill('SIGTERM'))
  }
  return (await vitest.status).code
}

/** The last line of a run, alone on its line. */
function summary({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`
  return skipped > 0 ? `${line}, ${skipped} skipped` : line
}
