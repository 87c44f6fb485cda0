import { runTests } from './test/run.ts'

/**
 * Runs what the tests show in small with the full numbers: tests/chaos/NAME.chaos.ts for each NAME on
 * the command line, or all of them.
 */
await runTests([
  ...['--config', 'dev/test/chaos_config.ts'],
  ...Deno.args.map((name) => `tests/chaos/${name}`),
])
