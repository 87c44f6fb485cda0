import { parseArgs } from 'node:util'
import { runTests } from './test/run.ts'

const { seed, orders } = parseArgs({
  args: Deno.args,
  options: { seed: { type: 'string' }, orders: { type: 'string' } },
}).values

/** The soak of tests/chaos, with the seed and the number of orders of the command line. */
await runTests(['--config', 'dev/test/chaos_config.ts', 'tests/chaos/soak.chaos'], {
  prepare: () =>
    Promise.resolve({
      ...(seed ? { SOAK_SEED: seed } : {}),
      ...(orders ? { SOAK_ORDERS: orders } : {}),
    }),
})
