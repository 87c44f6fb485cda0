import process from 'node:process'
import type { Readable } from 'node:stream'
import { Miniflare } from 'miniflare'
import { expect } from 'vitest'
import { buildWorker } from '../../dev/build/worker.ts'
import { freePort } from '../../dev/ports.ts'
import { describeRuntime, type Runtime, type Surroundings } from './smoke.ts'

describeRuntime('workerd', freePort(), startWorkerd)

/** The bundle that is deployed, in the real workerd, with Hyperdrive's local binding. */
async function startWorkerd(
  { environment, databaseUrl, port }: Surroundings,
): Promise<Runtime> {
  const contents = await buildWorker()
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    modules: [{ type: 'ESModule', path: 'worker.js', contents }],
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
    bindings: environment,
    hyperdrives: { HYPERDRIVE: databaseUrl },
    unsafeTriggerHandlers: true,
    handleRuntimeStdio: (_stdout: Readable, stderr: Readable) => stderr.pipe(process.stderr),
  })
  await miniflare.ready
  return {
    async scheduled() {
      const trigger = `http://127.0.0.1:${port}/cdn-cgi/handler/scheduled`
      expect((await fetch(trigger)).status).toBe(200)
    },
    stop: () => miniflare.dispose(),
  }
}
