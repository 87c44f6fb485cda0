import * as z from 'zod'
import type { Need } from '../checkout/capacity.ts'
import { placeholders, type Queryable } from '../db.ts'
import type { EggVariable, FeatureLimits, ServerLimits } from '../panel/panel.ts'
import type { Environment, PlanOption } from './egg_rules.ts'
import type { GameBody, RegionBody, Term } from './bodies.ts'

/** A plan as it is sold, resolved against panel and Stripe when the catalogue was applied. */
export interface Plan {
  id: string
  gameId: string
  name: string
  summary: string
  limits: ServerLimits
  featureLimits: FeatureLimits
  nestName: string
  eggName: string
  /** Empty when the egg has no image with the label the catalogue names; then it is refused too. */
  dockerImage: string
  /** Variables the host fixes. */
  environment: Environment
  options: PlanOption[]
  regionIds: string[]
  stripeProductId: string | undefined
  /** Why the plan cannot be sold now, in words; undefined when it can. */
  refusedReason: string | undefined
  prices: Price[]
}

export interface Price {
  term: Term
  currency: string
  /** Minor units for one whole term. */
  unitAmount: number
  stripePriceId: string
}

export interface Region extends Omit<RegionBody, 'available'> {
  /** The panel's short name of the location. */
  panelLocation: string
  /** What each node of the region offers, in percent of one thread. */
  nodeCpuPercent: number
}

/** An egg as the panel showed it last. */
export interface EggSnapshot {
  id: number
  uuid: string
  nestName: string
  name: string
  startup: string
  dockerImages: Record<string, string>
  variables: EggVariable[]
}

/** Everything an order freezes of what is bought. */
export interface PlanForSale {
  planId: string
  planName: string
  gameId: string
  gameName: string
  regionId: string
  regionName: string
  term: Term
  currency: string
  unitAmount: number
  stripePriceId: string
  limits: ServerLimits
  featureLimits: FeatureLimits
  need: Need
  /** Every region the plan is sold in, for naming others when this one is full. */
  regionIds: string[]
  egg: EggSnapshot
  dockerImage: string
  environment: Environment
  options: PlanOption[]
  notForSale?: undefined
}

/** Which field of the request names something that is not sold. */
export interface NotForSale {
  notForSale: 'unknown-plan' | 'plan-not-sold' | 'price-unknown' | 'region-unknown'
}

/** The plans that are sold now, in the catalogue's order. */
export async function listPlans(db: Queryable): Promise<Plan[]> {
  return await withPrices(db, await selectPlans(db, `${SOLD} ORDER BY position, id`))
}

/** A plan that is sold now. */
export async function findPlan(db: Queryable, id: string): Promise<Plan | undefined> {
  const [plan] = await withPrices(db, await selectPlans(db, `id = ? AND ${SOLD}`, [id]))
  return plan
}

/** Every plan in the catalogue, those refused by the check too. */
export async function listListedPlans(db: Queryable): Promise<Plan[]> {
  return await withPrices(db, await selectPlans(db, 'listed = 1 ORDER BY position, id'))
}

export async function listGames(db: Queryable): Promise<GameBody[]> {
  return await db.query<GameBody>('SELECT id, name, summary FROM games ORDER BY position, id')
}

/** Region id → its name for people. */
export async function regionNames(db: Queryable): Promise<Map<string, string>> {
  return new Map((await listRegions(db)).map(({ id, name }) => [id, name]))
}

export async function listRegions(db: Queryable): Promise<Region[]> {
  return await db.query<Region>(
    `SELECT id, name, country, panel_location AS panelLocation,
       node_cpu_percent AS nodeCpuPercent FROM regions ORDER BY position, id`,
  )
}

/** What a buyer asked for, with everything that an order freezes; or what of it is not sold. */
export async function findPlanForSale(
  db: Queryable,
  wanted: { planId: string; term: string; currency: string; regionId: string },
): Promise<PlanForSale | NotForSale> {
  const [row] = await selectPlans(db, 'id = ?', [wanted.planId])
  if (!row) return { notForSale: 'unknown-plan' }
  const [plan] = await withPrices(db, [row])
  const [egg] = await listEggs(db, [row])
  if (!plan || !row.listed || plan.refusedReason || !egg) return { notForSale: 'plan-not-sold' }
  const price = plan.prices.find((price) =>
    price.term === wanted.term && price.currency === wanted.currency
  )
  if (!price) return { notForSale: 'price-unknown' }
  const region = (await listRegions(db)).find((region) => region.id === wanted.regionId)
  if (!region || !plan.regionIds.includes(region.id)) return { notForSale: 'region-unknown' }
  const game = (await listGames(db)).find((game) => game.id === plan.gameId)
  return {
    planId: plan.id,
    planName: plan.name,
    gameId: plan.gameId,
    gameName: game?.name ?? '',
    regionId: region.id,
    regionName: region.name,
    ...price,
    limits: plan.limits,
    featureLimits: plan.featureLimits,
    need: needOf(plan),
    regionIds: plan.regionIds,
    egg,
    dockerImage: plan.dockerImage,
    environment: plan.environment,
    options: plan.options,
  }
}

/** What a server of the plan takes of a node. Without ports of its own it still has its first. */
export function needOf(plan: { limits: ServerLimits; featureLimits: FeatureLimits }): Need {
  return { ...plan.limits, ports: Math.max(1, plan.featureLimits.allocations) }
}

/** For each plan that is sold, the regions where some node has room for one more. */
export async function listRoom(db: Queryable): Promise<Map<string, Set<string>>> {
  const rows = await db.query<{ planId: string; regionId: string }>(
    `SELECT DISTINCT plans.id AS planId, panel_nodes.region_id AS regionId
      FROM plans JOIN panel_nodes ON panel_nodes.sellable = 1
        AND memory_mib_foreign + memory_mib_held + memory_mib <= memory_mib_limit
        AND disk_mib_foreign + disk_mib_held + disk_mib <= disk_mib_limit
        AND cpu_percent_foreign + cpu_percent_held + cpu_percent <= cpu_percent_limit
        AND ports_foreign + ports_held + GREATEST(1, allocations_limit) <= ports_limit
      WHERE ${SOLD}`,
  )
  const room = new Map<string, Set<string>>()
  for (const { planId, regionId } of rows) {
    room.set(planId, (room.get(planId) ?? new Set()).add(regionId))
  }
  return room
}

/** The snapshots of the eggs that these plans use; an egg that left the panel has none. */
export async function listEggs(
  db: Queryable,
  plans: { nestName: string; eggName: string }[],
): Promise<EggSnapshot[]> {
  const wanted = new Set(plans.map((plan) => JSON.stringify([plan.nestName, plan.eggName])))
  if (wanted.size === 0) return []
  const names = plans.map((plan) => plan.eggName)
  const rows = await db.query<EggRow>(
    `SELECT egg_id AS id, egg_uuid AS uuid, nest_name AS nestName, egg_name AS name, startup,
       docker_images AS dockerImages, variables
      FROM panel_eggs WHERE egg_name IN (${placeholders(names)}) ORDER BY nest_name, egg_name`,
    names,
  )
  return rows.filter((row) => wanted.has(JSON.stringify([row.nestName, row.name]))).map((row) => ({
    ...row,
    dockerImages: StoredMap.parse(JSON.parse(row.dockerImages)),
    variables: StoredVariables.parse(JSON.parse(row.variables)),
  }))
}

type EggRow = Omit<EggSnapshot, 'dockerImages' | 'variables'> & {
  dockerImages: string
  variables: string
}

const SOLD = 'listed = 1 AND refused_reason IS NULL'

interface PlanRow {
  id: string
  gameId: string
  name: string
  summary: string
  memoryMib: number
  diskMib: number
  cpuPercent: number
  databases: number
  backups: number
  allocations: number
  nestName: string
  eggName: string
  dockerImage: string
  environment: string
  options: string
  regionIds: string
  stripeProductId: string | null
  refusedReason: string | null
  listed: number
}

async function selectPlans(db: Queryable, where: string, params: string[] = []) {
  return await db.query<PlanRow>(
    `SELECT id, game_id AS gameId, name, summary, memory_mib AS memoryMib, disk_mib AS diskMib,
       cpu_percent AS cpuPercent, databases_limit AS \`databases\`, backups_limit AS backups,
       allocations_limit AS allocations, nest_name AS nestName, egg_name AS eggName,
       docker_image AS dockerImage, environment, options, region_ids AS regionIds,
       stripe_product_id AS stripeProductId, refused_reason AS refusedReason, listed
      FROM plans WHERE ${where}`,
    params,
  )
}

async function withPrices(db: Queryable, rows: PlanRow[]): Promise<Plan[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const prices = await db.query<Price & { planId: string }>(
    `SELECT plan_id AS planId, term, currency, unit_amount AS unitAmount,
       stripe_price_id AS stripePriceId
      FROM plan_prices WHERE plan_id IN (${placeholders(ids)}) ORDER BY currency, unit_amount`,
    ids,
  )
  return rows.map((row) => toPlan(row, prices.filter((price) => price.planId === row.id)))
}

function toPlan(row: PlanRow, prices: Price[]): Plan {
  return {
    id: row.id,
    gameId: row.gameId,
    name: row.name,
    summary: row.summary,
    limits: { memoryMib: row.memoryMib, diskMib: row.diskMib, cpuPercent: row.cpuPercent },
    featureLimits: {
      databases: row.databases,
      backups: row.backups,
      allocations: row.allocations,
    },
    nestName: row.nestName,
    eggName: row.eggName,
    dockerImage: row.dockerImage,
    environment: StoredMap.parse(JSON.parse(row.environment)),
    options: StoredOptions.parse(JSON.parse(row.options)),
    regionIds: z.array(z.string()).parse(JSON.parse(row.regionIds)),
    stripeProductId: row.stripeProductId ?? undefined,
    refusedReason: row.refusedReason ?? undefined,
    prices: prices.map(({ term, currency, unitAmount, stripePriceId }) => ({
      term,
      currency,
      unitAmount,
      stripePriceId,
    })),
  }
}

const StoredMap = z.record(z.string(), z.string())

const StoredVariables: z.ZodType<EggVariable[]> = z.array(z.object({
  name: z.string(),
  description: z.string(),
  envVariable: z.string(),
  defaultValue: z.string(),
  rules: z.string(),
  userViewable: z.boolean(),
  userEditable: z.boolean(),
}))

const StoredOptions: z.ZodType<PlanOption[]> = z.array(z.object({
  variable: z.string(),
  label: z.string(),
  help: z.string(),
  kind: z.enum(['text', 'number', 'boolean', 'select']),
  required: z.boolean(),
  default: z.string(),
  values: z.array(z.string()).optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  pattern: z.string().optional(),
  rules: z.string(),
}))
