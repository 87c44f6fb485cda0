import { join } from 'node:path'
import config from '../deno.json' with { type: 'json' }
import { ensureChromium } from './chromium.ts'
import { ensureServerProgram } from './database/server_program.ts'
import { explain } from './start_error.ts'
import { type Counts, COUNTS_FILE, readCounts } from './test/counts.ts'

const ROOT = join(import.meta.dirname ?? '.', '..')

/** Runs the tests named on the command line, or all; sets up whatever they need. */
async function main(args: string[]): Promise<Counts> {
  if (!Deno.env.get('TEST_DATABASE_URL')) await ensureServerProgram(console.log)
  const chromium = needsBrowser(args) ? await ensureChromium(console.log) : undefined
  const folder = await Deno.makeTempDir({ prefix: 'spawnpoint-counts-' })
  const countsFile = join(folder, 'counts.json')
  try {
    const exitCode = await runVitest(args, {
      [COUNTS_FILE]: countsFile,
      ...(chromium ? { CHROMIUM_PATH: chromium } : {}),
    })
    return await readCounts(countsFile, exitCode)
  } finally {
    await Deno.remove(folder, { recursive: true })
  }
}

/** Only a run that may reach the browser's tests is worth the download of a browser. */
function needsBrowser(args: string[]): boolean {
  const files = args.filter((arg) => !arg.startsWith('-'))
  return files.length === 0 || files.some((file) => file.includes('browser'))
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

const counts = await main(Deno.args).catch((error): Counts => {
  console.error(explain(error))
  return { passed: 0, failed: 1, skipped: 0 }
})
console.log(`\n${summary(counts)}`)
Deno.exit(counts.failed === 0 ? 0 : 1)
