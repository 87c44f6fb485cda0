import { type Showcase, startShowcase } from '../../tests/browser/showcase.ts'
import { buildStorefront } from '../build/storefront.ts'
import { startDatabase } from '../database.ts'
import type { Closing } from '../stack/closing.ts'

/** Starts the shop that has everything to show, with all it needs: it must be stopped by `closing`. */
export async function openShowcase(closing: Closing): Promise<Showcase> {
  const storefront = await Deno.makeTempDir({ prefix: 'spawnpoint-storefront-' })
  closing.add(() => Deno.remove(storefront, { recursive: true }))
  const dir = await Deno.makeTempDir({ prefix: 'spawnpoint-shots-' })
  const [database] = await Promise.all([
    startDatabase({ dir, durable: false, log: console.log }),
    buildStorefront({ outdir: storefront }),
  ])
  closing.add(() => database.stop())
  const showcase = await startShowcase({ storefront, databaseServer: database.url })
  closing.add(() => showcase.stop())
  return showcase
}
