import { Hono } from 'hono'
import { allow, allowRow } from './access.ts'
import { pageOf } from './lists.ts'
import type { Egg, Nest } from './model.ts'
import { type Item, listOf, withIncludes } from './objects.ts'
import type { Call, PanelEnv } from './panel.ts'
import { eggItem, eggVariableItem, nestItem } from './transformers.ts'

const nest = allowRow('nests', ({ store }, param) => store.nests.find(Number(param('nest'))))

const nestOfEggs = allowRow('eggs', ({ store }, param) => store.nests.find(Number(param('nest'))))

/** An egg of another nest is not found. */
const egg = allowRow(
  'eggs',
  ({ store }, param) =>
    store.eggs.rows.find((row) =>
      row.id === Number(param('egg')) && row.nestId === Number(param('nest'))
    ),
)

export const nests = new Hono<PanelEnv>()
  .get(
    '/nests',
    allow('nests'),
    (c) => c.json(pageOf(c, c.env.store.nests.rows, { item: (row) => nestWithIncludes(c, row) })),
  )
  .get('/nests/:nest', nest, (c) => c.json(nestWithIncludes(c, c.var.row)))
  .get(
    '/nests/:nest/eggs',
    nestOfEggs,
    (c) => c.json(listOf(eggsOf(c, c.var.row).map((row) => eggWithIncludes(c, row)))),
  )
  .get('/nests/:nest/eggs/:egg', egg, (c) => c.json(eggWithIncludes(c, c.var.row)))

function nestWithIncludes(c: Call, nest: Nest): Item {
  return withIncludes(c, nestItem(nest), {
    eggs: ['eggs', () => listOf(eggsOf(c, nest).map(eggItem))],
  })
}

function eggWithIncludes(c: Call, egg: Egg): Item {
  const { store } = c.env
  return withIncludes(c, eggItem(egg), {
    nest: ['nests', () => nestItem(store.nests.get(egg.nestId))],
    variables: ['eggs', () =>
      listOf(
        store.variables.rows.filter((row) => row.eggId === egg.id).map(eggVariableItem),
      )],
  })
}

function eggsOf(c: Call, nest: Nest): Egg[] {
  return c.env.store.eggs.rows.filter((egg) => egg.nestId === nest.id)
}
