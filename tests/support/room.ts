import { shopId } from '../../api/plans/shop_id.ts'
import { snapshotPanel } from '../../api/plans/snapshot.ts'
import type { Shop } from './shop.ts'

/** As many as a real node has: the free ones are read page by page. */
const PORTS = 100

/** More nodes in Frankfurt, for so many more servers. */
export async function addRoom({ panel, db, deps }: Shop, servers: number): Promise<void> {
  const { nodes, allocations } = panel.store
  const model = nodes.get(1)
  for (let left = servers; left > 0; left -= PORTS) {
    const node = nodes.insert((id) => ({ ...model, id, uuid: crypto.randomUUID(), name: `n${id}` }))
    for (let port = 30_000; port < 30_000 + PORTS; port++) {
      const ip = `198.51.100.${node.id % 250}`
      allocations.insert((id) => ({ id, nodeId: node.id, ip, alias: null, port, serverId: null }))
    }
  }
  await snapshotPanel(db, deps.panel, { shopId: await shopId(db, deps.randomBytes) })
}
