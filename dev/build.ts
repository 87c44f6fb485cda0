import { join } from 'node:path'
import { buildStorefront } from './build/storefront.ts'
import { buildWorker } from './build/worker.ts'
import { explain } from './start_error.ts'

const DIST = join(import.meta.dirname ?? '.', '..', 'dist')

/** `deno task build`: the storefront and the Worker, as they are deployed. */
async function main(): Promise<void> {
  await buildStorefront({ outdir: join(DIST, 'storefront') })
  const worker = await buildWorker()
  await Deno.writeTextFile(join(DIST, 'worker.js'), worker)
  console.log('dist/storefront  the shop, for the API (STATIC_DIR) or Workers assets')
  console.log(`dist/worker.js   the Worker, ${Math.round(worker.length / 1024)} KiB`)
}

const failed = await main().then(() => false, (error) => {
  // esbuild has shown what is wrong in the sources itself
  if (!(error instanceof Error && 'errors' in error)) console.error(explain(error))
  return true
})
Deno.exit(failed ? 1 : 0)
