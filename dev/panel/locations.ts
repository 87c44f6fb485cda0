import { Hono } from 'hono'
import { allow, allowRow } from './access.ts'
import { pageOf } from './lists.ts'
import { listOf, withIncludes } from './objects.ts'
import type { PanelEnv } from './panel.ts'
import { locationItem, nodeItem } from './transformers.ts'

const location = allowRow(
  'locations',
  ({ store }, param) => store.locations.find(Number(param('location'))),
)

export const locations = new Hono<PanelEnv>()
  .get('/locations', allow('locations'), (c) =>
    c.json(pageOf(c, c.env.store.locations.rows, {
      filters: { short: (row) => row.short, long: (row) => row.long },
      sorts: { id: (row) => row.id },
      item: locationItem,
    })))
  .get('/locations/:location', location, (c) => {
    const { store } = c.env
    return c.json(withIncludes(c, locationItem(c.var.row), {
      nodes: ['nodes', () =>
        listOf(
          store.nodes.rows.filter((node) => node.locationId === c.var.row.id)
            .map((node) => nodeItem(store, node)),
        )],
    }))
  })
