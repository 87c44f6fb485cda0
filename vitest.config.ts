import process from 'node:process'
import { defineConfig } from 'vitest/config'

// Deno tells a listener no signal number, from which vitest would compute an exit code of NaN.
process.on('SIGINT', () => process.exitCode ??= 130)
process.on('SIGTERM', () => process.exitCode ??= 143)

export default defineConfig({
  // as deno.json has it, which vite does not read
  oxc: { jsx: { importSource: 'preact' } },
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/global_setup.ts'],
    reporters: ['default', './dev/test/counts.ts'],
    // a process for each file: a file may start servers, signal handlers and all
    pool: 'forks',
    maxWorkers: 2,
    // a browser and two servers share two cores here
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
})
