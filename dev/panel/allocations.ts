import { Hono } from 'hono'
import { allowRow } from './access.ts'
import { addAllocations } from './allocation_changes.ts'
import { refused } from './failure.ts'
import { exactly, pageOf } from './lists.ts'
import type { PanelEnv } from './panel.ts'
import { idOf } from './text.ts'
import { allocationView } from './views.ts'

const node = allowRow(
  'allocations',
  ({ store }, param) => store.nodes.find(idOf(param('node'))),
  { model: 'Node', param: 'node' },
)

/** An allocation of another node is not found. */
const allocation = allowRow(
  'allocations',
  ({ store }, param) =>
    store.allocations.rows.find((row) =>
      row.id === idOf(param('allocation')) && row.nodeId === idOf(param('node'))
    ),
  { model: 'Allocation', param: 'allocation' },
)

export const allocations = new Hono<PanelEnv>()
  .get('/nodes/:node/allocations', node, (c) => {
    const rows = c.env.store.allocations.rows.filter((row) => row.nodeId === c.var.row.id)
    return c.json(pageOf(c, rows, {
      filters: {
        ip: exactly((row) => row.ip),
        port: exactly((row) => String(row.port)),
        ip_alias: (row) => row.alias,
        server_id: (row) => (value) => row.serverId === ownerAsked(value),
      },
      item: (row) => allocationView(c, row),
    }))
  })
  .post('/nodes/:node/allocations', node, (c) => {
    addAllocations(c.env, c.var.row, c.var.body)
    return c.body(null, 204)
  })
  .delete('/nodes/:node/allocations/:allocation', allocation, (c) => {
    if (c.var.row.serverId !== null) {
      throw refused(
        'A server is currently assigned to this allocation. An allocation can only be deleted if ' +
          'no server is currently assigned.',
        'ServerUsingAllocationException',
      )
    }
    c.env.store.allocations.remove(c.var.row)
    return c.body(null, 204)
  })

/** Anything but the id of a server means "free ones only". */
function ownerAsked(value: string): number | null {
  return /^[1-9]\d*$/.test(value) ? Number(value) : null
}
