import { Hono } from 'hono'
import { allow, allowRow } from './access.ts'
import { pageOf } from './lists.ts'
import type { PanelApp, PanelEnv } from './panel.ts'
import { idOf } from './text.ts'
import { eggsOf, eggView, nestView } from './views.ts'

const nest = allowRow('nests', findNest, { model: 'Nest', param: 'nest' })
const nestOfEggs = allowRow('eggs', findNest, { model: 'Nest', param: 'nest' })

/** An egg of another nest is not found. */
const egg = allowRow(
  'eggs',
  ({ store }, param) =>
    store.eggs.rows.find((row) =>
      row.id === idOf(param('egg')) && row.nestId === idOf(param('nest'))
    ),
  { model: 'Egg', param: 'egg' },
)

export const nests = new Hono<PanelEnv>()
  .get(
    '/nests',
    allow('nests'),
    (c) => c.json(pageOf(c, c.env.store.nests.rows, { item: (row) => nestView(c, row) })),
  )
  .get('/nests/:nest', nest, (c) => c.json(nestView(c, c.var.row)))
  .get('/nests/:nest/eggs', nestOfEggs, (c) => c.json(eggsOf(c, c.var.row)))
  .get('/nests/:nest/eggs/:egg', egg, (c) => c.json(eggView(c, c.var.row)))

function findNest({ store }: PanelApp, param: (name: string) => string) {
  return store.nests.find(idOf(param('nest')))
}
