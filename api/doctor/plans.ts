import * as z from 'zod'
import { listServerHolds } from '../checkout/capacity.ts'
import { findShopId } from '../plans/shop_id.ts'
import { canHold, refusalOf } from '../plans/refusal.ts'
import { isEggOf, type PanelFacts, readPanel } from '../plans/panel_facts.ts'
import { listListedPlans, listRegions, type Plan } from '../plans/store.ts'
import { PanelError } from '../panel/panel.ts'
import { type Check, fail, ok, type Seen, some, Undecided, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** Room for as many buyers as may come before somebody reads of it. */
const ENOUGH_PORTS = 3

/** What is sold: whether the panel can set it up, and Stripe can charge for it. */
export const planChecks: Check[] = [
  {
    id: 'plans.sold',
    what: 'What is sold',
    wanted: 'every plan of the catalogue',
    mend: 'Run `deno task catalog check`, mend what it names, then `deno task catalog apply`.',
    look: lookAtPlans,
  },
  {
    id: 'plans.eggs',
    what: 'The eggs of the plans',
    wanted: 'each at the panel, with the image and the values that its plans send',
    mend: 'Import the egg again, or run `deno task catalog check` and correct the catalogue.',
    network: true,
    look: lookAtEggs,
  },
  {
    id: 'plans.nodes',
    what: 'The nodes of the regions',
    wanted: 'in each region a node that is public, not in maintenance, and large enough',
    mend: 'At the panel: end the maintenance, make the node public, or add one.',
    network: true,
    look: lookAtNodes,
  },
  {
    id: 'plans.ports',
    what: 'Free allocations',
    wanted: `at least ${ENOUGH_PORTS} in each region`,
    mend: 'Add allocations to the node in the panel’s admin area.',
    network: true,
    look: lookAtPorts,
  },
  {
    id: 'plans.prices',
    what: 'The prices at Stripe',
    wanted: 'each active, with the amount that we show',
    mend: 'Run `deno task catalog apply`.',
    network: true,
    look: lookAtPrices,
  },
]

async function listedPlans({ database }: Exam): Promise<Plan[]> {
  return await listListedPlans(await database())
}

async function lookAtPlans(exam: Exam): Promise<Seen> {
  const plans = await listedPlans(exam)
  if (plans.length === 0) return fail('nothing', 'Run `deno task catalog apply`.')
  const refused = plans.flatMap(({ id, refusedReason }) =>
    refusedReason ? [`${id}: ${refusedReason}`] : []
  )
  if (refused.length === plans.length) return fail(`nothing: ${some(refused, 1)}`)
  return refused.length ? warn(`not ${some(refused, 2)}`) : ok(`${plans.length} plans`)
}

async function facts(exam: Exam): Promise<PanelFacts> {
  return await exam.once('panel facts', async () => {
    const panel = await exam.working()
    const db = await exam.database()
    try {
      return await readPanel(panel, {
        shopId: await findShopId(db) ?? '',
        regions: await listRegions(db),
        listHolds: () => listServerHolds(db),
      })
    } catch (error) {
      if (!(error instanceof PanelError)) throw error
      throw new Undecided(`the panel could not be read (${error.message}): see panel.permissions`)
    }
  })
}

async function lookAtEggs(exam: Exam): Promise<Seen> {
  const panel = await facts(exam)
  const plans = (await listedPlans(exam)).filter(({ refusedReason }) => !refusedReason)
  const problems = plans.flatMap((plan) => {
    const egg = panel.eggs.find((egg) => isEggOf(plan, egg))
    // Nodes that are too small are another check's.
    const everywhere = plan.regionIds.map((regionId) => ({ regionId, limit: ENDLESS }))
    const reason = refusalOf(plan, egg, everywhere)
    return reason ? [`${plan.id}: ${reason}`] : []
  })
  return problems.length ? fail(some(problems, 2)) : ok(`right for ${plans.length} plans`)
}

const ENDLESS = {
  memoryMib: Number.MAX_SAFE_INTEGER,
  diskMib: Number.MAX_SAFE_INTEGER,
  cpuPercent: Number.MAX_SAFE_INTEGER,
  ports: Number.MAX_SAFE_INTEGER,
}

async function lookAtNodes(exam: Exam): Promise<Seen> {
  const { nodes } = await facts(exam)
  const plans = await listedPlans(exam)
  const regions = [...new Set(plans.flatMap((plan) => plan.regionIds))]
  const open = nodes.filter((node) => node.sellable)
  const closed = regions.filter((id) => !open.some(({ regionId }) => regionId === id))
  if (closed.length) {
    const asleep = nodes.filter((node) => !node.sellable).map(({ name }) => name)
    const why = asleep.length ? ` (${some(asleep)} is in maintenance or not public)` : ''
    return fail(`no node is open in ${some(closed)}${why}`)
  }
  const homeless = plans.flatMap((plan) =>
    plan.regionIds.filter((id) => !canHold(plan, id, open)).map((id) => `${plan.id} in ${id}`)
  )
  return homeless.length ? warn(`too small for ${some(homeless)}`) : ok(`${open.length} nodes`)
}

async function lookAtPorts(exam: Exam): Promise<Seen> {
  const { nodes } = await facts(exam)
  const panel = await exam.working()
  const free = new Map<string, number>()
  for (const { id, regionId, sellable } of nodes) {
    const found = sellable ? (await panel.listAllocations(id, { free: true })).length : 0
    free.set(regionId, (free.get(regionId) ?? 0) + found)
  }
  const scarce = [...free].filter(([, n]) => n < ENOUGH_PORTS)
  if (scarce.length === 0) return ok(some([...free].map(([id, n]) => `${n} in ${id}`)))
  const seen = some(scarce.map(([id, n]) => `${n || 'none'} in ${id}`))
  return scarce.some(([, n]) => n === 0) ? fail(seen) : warn(seen)
}

const Price = z.object({
  id: z.string(),
  active: z.boolean(),
  currency: z.string(),
  unit_amount: z.number().nullable(),
})

/** Five pages of 100: more prices than any catalogue of ours has. */
const PRICE_PAGES = 5

async function lookAtPrices(exam: Exam): Promise<Seen> {
  const plans = await listedPlans(exam)
  const there = await exam.stripeList('/v1/prices?active=true', Price, PRICE_PAGES)
  const wrong = plans.flatMap((plan) =>
    plan.prices.flatMap(({ term, currency, unitAmount, stripePriceId }) => {
      const price = there.find(({ id }) => id === stripePriceId)
      const name = `${plan.id} ${term} in ${currency}`
      if (!price) return [`${name}: no active price ${stripePriceId}`]
      const same = price.unit_amount === unitAmount && price.currency === currency
      return same ? [] : [`${name}: ${price.unit_amount} ${price.currency}, not ${unitAmount}`]
    })
  )
  return wrong.length ? fail(some(wrong, 3)) : ok(`${there.length} active`)
}
