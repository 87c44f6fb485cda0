import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { etag } from 'hono/etag'
import type { AppEnv } from '../deps.ts'
import { Problem } from '../problem.ts'
import type { OptionBody, PlanBody, PlansBody, RegionBody } from './bodies.ts'
import type { PlanOption } from './egg_rules.ts'
import {
  findPlan,
  listGames,
  listPlans,
  listRegions,
  listRoom,
  type Plan,
  type Region,
} from './store.ts'

/** GET /api/plans and /api/plans/:id: what is sold, at what price, and where there is room now. */
export function planRoutes() {
  return new Hono<AppEnv>()
    .use(etag(), cacheable())
    .get('/', async (c) => {
      const { db } = c.var
      const [plans, games, room] = [await listPlans(db), await listGames(db), await listRoom(db)]
      const body: PlansBody = {
        games: games.filter((game) => plans.some((plan) => plan.gameId === game.id)),
        plans: plans.map((plan) => toPlanBody(plan, room.get(plan.id))),
        currencies: currenciesOf(plans),
      }
      return c.json(body)
    })
    .get('/:id{[a-z0-9-]{1,60}}', async (c) => {
      const plan = await findPlan(c.var.db, c.req.param('id'))
      if (!plan) throw new Problem('not-found', { detail: 'There is no such plan in the shop now' })
      const room = await listRoom(c.var.db)
      return c.json(toPlanBody(plan, room.get(plan.id)))
    })
}

/** GET /api/regions: where servers can stand, and whether there is room now. */
export function regionRoutes() {
  return new Hono<AppEnv>()
    .use(etag(), cacheable())
    .get('/', async (c) => {
      const regions = await listRegions(c.var.db)
      const room = await listRoom(c.var.db)
      const plans = await listPlans(c.var.db)
      const available = (id: string) =>
        plans.some((plan) => plan.regionIds.includes(id) && room.get(plan.id)?.has(id))
      return c.json({
        regions: regions.map((region) => toRegionBody(region, available(region.id))),
      })
    })
}

/** A page may show a price or a free place this much too long; the checkout looks again. */
const MAX_AGE_S = 15

function cacheable() {
  return createMiddleware<AppEnv>(async (c, next) => {
    await next()
    if (c.res.ok) c.header('cache-control', `public, max-age=${MAX_AGE_S}`)
  })
}

function toPlanBody(plan: Plan, room: Set<string> | undefined): PlanBody {
  return {
    id: plan.id,
    gameId: plan.gameId,
    name: plan.name,
    summary: plan.summary,
    limits: plan.limits,
    featureLimits: plan.featureLimits,
    prices: plan.prices.map(({ term, currency, unitAmount }) => ({ term, currency, unitAmount })),
    regions: plan.regionIds.map((id) => ({ id, available: room?.has(id) ?? false })),
    options: plan.options.map(toOptionBody),
  }
}

function toOptionBody({ rules: _ofTheEgg, ...body }: PlanOption): OptionBody {
  return body
}

function toRegionBody({ id, name, country }: Region, available: boolean): RegionBody {
  return { id, name, country, available }
}

function currenciesOf(plans: Plan[]): string[] {
  const currencies = plans.flatMap((plan) => plan.prices.map((price) => price.currency))
  return [...new Set(currencies)].sort()
}
