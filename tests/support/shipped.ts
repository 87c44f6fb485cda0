import type { Db } from '../../api/db.ts'
import type { Deps } from '../../api/deps.ts'
import { applyCatalogue } from '../../api/plans/apply.ts'
import { type Catalogue, parseCatalogue } from '../../api/plans/catalogue.ts'
import { shopId } from '../../api/plans/shop_id.ts'
import type { PanelEmulator } from '../../dev/panel/emulator.ts'

/** The same nodes, ports and ids in every test shop. */
export const PANEL_OPTIONS = { requestsPerMinute: 100_000, seed: 'shop' } as const

/** Nodes large enough for every test of a file; capacity.test.ts makes them small again. */
const ROOMY = 50

export function roomy(panel: PanelEmulator): void {
  for (const node of panel.store.nodes.rows) {
    node.memory *= ROOMY
    node.disk *= ROOMY
  }
}

/** Applies the catalogue that the shop is shipped with, as `edit` leaves it. */
export async function applyShipped(
  db: Db,
  { payments, panel, randomBytes }: Deps,
  edit: (catalogue: Catalogue) => void = () => {},
): Promise<void> {
  const catalogue = parseCatalogue(await Deno.readTextFile('catalog.json'))
  for (const region of catalogue.regions) region.nodeCpuPercent *= ROOMY
  edit(catalogue)
  const target = { db, panel, payments, shopId: await shopId(db, randomBytes) }
  const { refused } = await applyCatalogue(catalogue, target)
  if (refused.length) throw new Error(`Cannot sell ${JSON.stringify(refused)}`)
}
