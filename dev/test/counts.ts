import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** Names the file that the counts are written to. */
export const COUNTS_FILE = 'SPAWNPOINT_COUNTS_FILE'

/**
 * Writes how many tests passed, failed and were skipped. A file that could not be loaded and an
 * error that belongs to no test count as a failed test each.
 */
export default class CountsReporter implements Reporter {
  async onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
  ): Promise<void> {
    const path = Deno.env.get(COUNTS_FILE)
    if (!path) return
    const counts: Counts = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) {
      counts.failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed' || state === 'failed') counts[state]++
        else counts.skipped++
      }
    }
    await Deno.writeTextFile(path, JSON.stringify(counts))
  }
}

/** The counts of a run that has ended; one that ended badly has at least one failed test. */
export async function readCounts(path: string, exitCode: number): Promise<Counts> {
  const text = await Deno.readTextFile(path).catch(() => '{}')
  const { passed = 0, failed = 0, skipped = 0 }: Partial<Counts> = JSON.parse(text)
  return { passed, failed: exitCode === 0 ? failed : Math.max(failed, 1), skipped }
}
