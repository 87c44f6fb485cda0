import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Swept } from '../jobs/sweep.ts'
import { shopId } from './shop_id.ts'
import { snapshotPanel } from './snapshot.ts'

/** Nodes and eggs change by hand, a few times a day. */
export async function sweepCapacity(db: Db, deps: Deps): Promise<Swept> {
  await snapshotPanel(db, deps.panel, { shopId: await shopId(db, deps.randomBytes) })
  return { found: {} }
}
