import { Hono } from 'hono'
import { allow, allowRow } from './access.ts'
import { viableNodes } from './deployment.ts'
import { Input } from './input.ts'
import { pageOf } from './lists.ts'
import type { Node } from './model.ts'
import { type Item, listOf, withIncludes } from './objects.ts'
import type { Call, PanelEnv } from './panel.ts'
import { allocationItem, locationItem, nodeItem, serverItem, usedOn } from './transformers.ts'
import { validate } from './validation.ts'

const node = allowRow('nodes', ({ store }, param) => store.nodes.find(Number(param('node'))))

export const nodes = new Hono<PanelEnv>()
  .get('/nodes', allow('nodes'), (c) =>
    c.json(pageOf(c, c.env.store.nodes.rows, {
      filters: {
        uuid: (row) => row.uuid,
        name: (row) => row.name,
        fqdn: (row) => row.fqdn,
        daemon_token_id: () => null,
      },
      sorts: {
        id: (row) => row.id,
        uuid: (row) => row.uuid,
        memory: (row) => row.memory,
        disk: (row) => row.disk,
      },
      item: (row) => nodeWithIncludes(c, row),
    })))
  .get('/nodes/deployable', allow('nodes'), (c) => {
    const query = queryInput(c.req.url)
    validate(query, {
      memory: ['required|integer|min:0'],
      disk: ['required|integer|min:0'],
      'location_ids.*': ['integer'],
    })
    const input = new Input(query)
    const found = viableNodes(c.env.store, {
      memory: input.number('memory') ?? 0,
      disk: input.number('disk') ?? 0,
      locationIds: input.list('location_ids').map(Number),
    })
    const item = (row: Node) => deployableItem(c, row)
    return c.json(
      c.req.query('page') === undefined ? listOf(found.map(item)) : pageOf(c, found, { item }),
    )
  })
  .get('/nodes/:node', node, (c) => c.json(nodeWithIncludes(c, c.var.row)))

function nodeWithIncludes(c: Call, node: Node): Item {
  const { store } = c.env
  return withIncludes(c, nodeItem(store, node), {
    location: ['locations', () => locationItem(store.locations.get(node.locationId))],
    allocations: [
      'allocations',
      () =>
        listOf(store.allocations.rows.filter((row) => row.nodeId === node.id).map(allocationItem)),
    ],
    servers: ['servers', () =>
      listOf(
        store.servers.rows.filter((row) => row.nodeId === node.id)
          .map((row) => serverItem(store, row)),
      )],
  })
}

/** The sums come from SQL and so are texts here, and only here. */
function deployableItem(c: Call, node: Node): Item {
  const used = usedOn(c.env.store, node)
  const item = nodeWithIncludes(c, node)
  const sums = { sum_memory: String(used.memory), sum_disk: String(used.disk) }
  return { ...item, attributes: { ...item.attributes, ...sums } }
}

function queryInput(url: string) {
  const query = new URL(url).searchParams
  return {
    memory: query.get('memory') || null,
    disk: query.get('disk') || null,
    location_ids: query.getAll('location_ids[]'),
  }
}
