import { Hono } from 'hono'
import { allow, allowRow } from './access.ts'
import { noViableNode, viableNodes } from './deployment.ts'
import { Input } from './input.ts'
import { pageOf } from './lists.ts'
import type { Node } from './model.ts'
import { createNode, deleteNode, updateNode } from './node_changes.ts'
import { type Item, listOf } from './objects.ts'
import type { Call, PanelEnv } from './panel.ts'
import { idOf } from './text.ts'
import { nodeConfiguration, usedOn } from './transformers.ts'
import { validate } from './validation.ts'
import { nodeView } from './views.ts'

const node = allowRow(
  'nodes',
  ({ store }, param) => store.nodes.find(idOf(param('node'))),
  { model: 'Node', param: 'node' },
)

export const nodes = new Hono<PanelEnv>()
  .get('/nodes', allow('nodes'), (c) =>
    c.json(pageOf(c, c.env.store.nodes.rows, {
      filters: {
        uuid: (row) => row.uuid,
        name: (row) => row.name,
        fqdn: (row) => row.fqdn,
        daemon_token_id: (row) => row.daemonTokenId,
      },
      sorts: {
        id: (row) => row.id,
        uuid: (row) => row.uuid,
        memory: (row) => row.memory,
        disk: (row) => row.disk,
      },
      item: (row) => nodeView(c, row),
    })))
  .get('/nodes/deployable', allow('nodes'), (c) => {
    validate(c.var.body, deployableRules)
    const input = new Input(c.var.body)
    const found = viableNodes(c.env.store, {
      memory: input.number('memory') ?? 0,
      disk: input.number('disk') ?? 0,
      locationIds: input.list('location_ids').map(Number),
    })
    const item = (row: Node) => deployableItem(c, row)
    if (!input.has('page')) return c.json(listOf(found.map(item)))
    const page = pageOf(c, found, { item })
    // A page past the end is not empty here: the panel finds nothing that fits.
    if (page.data.length === 0) throw noViableNode()
    return c.json(page)
  })
  .get('/nodes/:node', node, (c) => c.json(nodeView(c, c.var.row)))
  .get('/nodes/:node/configuration', node, (c) => c.json(nodeConfiguration(c.env, c.var.row)))
  .post('/nodes', allow('nodes'), (c) => {
    const made = createNode(c.env, c.var.body)
    const resource = `${c.env.url}/api/application/nodes/${made.id}`
    return c.json({ ...nodeView(c, made), meta: { resource } }, 201)
  })
  .patch('/nodes/:node', node, async (c) => {
    await updateNode(c.env, c.var.row, c.var.body)
    const item = nodeView(c, c.var.row)
    // Telling the node has loaded its mounts, and so this answer alone shows them.
    return c.json({ ...item, attributes: { ...item.attributes, mounts: [] } })
  })
  .delete('/nodes/:node', node, (c) => {
    deleteNode(c.env, c.var.row)
    return c.body(null, 204)
  })

const deployableRules = {
  page: ['integer'],
  memory: ['required|integer|min:0'],
  disk: ['required|integer|min:0'],
  location_ids: ['array'],
  'location_ids.*': ['integer'],
} as const

/** The sums come from SQL and so are texts here, and only here. */
function deployableItem(c: Call, node: Node): Item {
  const used = usedOn(c.env.store, node)
  const item = nodeView(c, node)
  const sums = { sum_memory: String(used.memory), sum_disk: String(used.disk) }
  return { ...item, attributes: { ...item.attributes, ...sums } }
}
