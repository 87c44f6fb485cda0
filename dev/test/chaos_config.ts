import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

const LONG_MS = 30 * 60_000

/** As the tests are run, but for which they are, how long they may take, and one at a time. */
export default defineConfig({
  ...base,
  root: join(import.meta.dirname ?? '.', '../..'),
  test: {
    ...base.test,
    include: ['tests/chaos/**/*.chaos.ts'],
    maxWorkers: 1,
    testTimeout: LONG_MS,
    hookTimeout: LONG_MS,
  },
})
