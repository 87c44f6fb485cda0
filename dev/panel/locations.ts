import { Hono } from 'hono'
import { allow, allowRow } from './access.ts'
import { refused } from './failure.ts'
import { Input } from './input.ts'
import { pageOf } from './lists.ts'
import type { Location } from './model.ts'
import { change, type PanelApp, type PanelEnv, timestamp } from './panel.ts'
import { idOf, same } from './text.ts'
import { type RuleSet, unique, validate } from './validation.ts'
import { locationView } from './views.ts'

const location = allowRow(
  'locations',
  ({ store }, param) => store.locations.find(idOf(param('location'))),
  { model: 'Location', param: 'location' },
)

export const locations = new Hono<PanelEnv>()
  .get('/locations', allow('locations'), (c) =>
    c.json(pageOf(c, c.env.store.locations.rows, {
      filters: { short: (row) => row.short, long: (row) => row.long },
      sorts: { id: (row) => row.id },
      item: (row) => locationView(c, row),
    })))
  .get('/locations/:location', location, (c) => c.json(locationView(c, c.var.row)))
  .post('/locations', allow('locations'), (c) => {
    validate(c.var.body, rulesFor(c.env), labels)
    const made = insertLocation(c.env, new Input(c.var.body))
    const resource = `${c.env.url}/api/application/locations/${made.id}`
    return c.json({ ...locationView(c, made), meta: { resource } }, 201)
  })
  .patch('/locations/:location', location, (c) => {
    validate(c.var.body, rulesFor(c.env, c.var.row), labels)
    const input = new Input(c.var.body)
    change(c.env, c.var.row, {
      short: input.text('short') ?? '',
      long: input.has('long') ? input.text('long') : c.var.row.long,
    })
    return c.json(locationView(c, c.var.row))
  })
  .delete('/locations/:location', location, (c) => {
    if (c.env.store.nodes.rows.some((node) => node.locationId === c.var.row.id)) {
      throw refused(
        'Cannot delete a location that has active nodes attached to it.',
        'HasActiveNodesException',
      )
    }
    c.env.store.locations.remove(c.var.row)
    return c.body(null, 204)
  })

const labels = { short: 'Location Identifier', long: 'Location Description' }

function rulesFor({ store }: PanelApp, self?: Location): RuleSet {
  const others = store.locations.rows.filter((row) => row !== self)
  return {
    short: [
      'required|string|between:1,60',
      unique((value) => others.some((row) => same(row.short, value))),
    ],
    long: ['string|nullable|between:1,191'],
  }
}

function insertLocation(panel: PanelApp, input: Input): Location {
  const at = timestamp(panel)
  return panel.store.locations.insert((id) => ({
    id,
    short: input.text('short') ?? '',
    long: input.text('long'),
    createdAt: at,
    updatedAt: at,
  }))
}
