import { raiseAlert, resolveAbsent } from '../alerts/alerts.ts'
import type { Db, Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Swept } from '../jobs/sweep.ts'
import { shopId } from '../plans/shop_id.ts'
import { snapshotPanel } from '../plans/snapshot.ts'
import { listPlans, needOf } from '../plans/store.ts'
import { type Need } from './capacity.ts'
import { moveHolds } from './move_holds.ts'

/** Fewer than this many servers of the largest plan are hardly a stock to sell from. */
const LOW = 3

/**
 * Brings nodes and eggs up to date with the panel, moves holds off nodes that cannot take servers
 * any more, and says which regions are nearly sold out. Throws a PanelError.
 */
export async function sweepCapacity(db: Db, deps: Deps): Promise<Swept> {
  await snapshotPanel(db, deps.panel, { shopId: await shopId(db, deps.randomBytes) })
  const moved = await moveHolds(db, deps)
  await warnOfLowRegions(db, deps)
  return { found: { hold_moved: moved } }
}

async function warnOfLowRegions(db: Db, deps: Deps): Promise<void> {
  const largest = new Map<string, Need>()
  for (const plan of await listPlans(db)) {
    for (const regionId of plan.regionIds) {
      const need = needOf(plan)
      if (need.memoryMib > (largest.get(regionId)?.memoryMib ?? 0)) largest.set(regionId, need)
    }
  }
  const low: string[] = []
  for (const [regionId, need] of largest) {
    const places = await countPlaces(db, regionId, need)
    if (places >= LOW) continue
    low.push(regionId)
    const detail = { places, memoryMib: need.memoryMib }
    await raiseAlert(db, deps, { kind: 'capacity_low', subject: regionId, detail })
  }
  await resolveAbsent(db, 'capacity_low', low)
}

/** How many more such servers fit on the nodes of a region. */
async function countPlaces(db: Queryable, regionId: string, need: Need): Promise<number> {
  const room = (name: string) =>
    `FLOOR((${name}_limit - ${name}_foreign - ${name}_held) / GREATEST(1, ?))`
  const [row] = await db.query<{ places: number | string | null }>(
    `SELECT SUM(GREATEST(0, LEAST(${room('memory_mib')}, ${room('disk_mib')},
        ${room('cpu_percent')}, ${room('ports')}))) AS places
      FROM panel_nodes WHERE region_id = ? AND sellable = 1`,
    [need.memoryMib, need.diskMib, need.cpuPercent, need.ports, regionId],
  )
  return Number(row?.places ?? 0)
}
