import { placeholders, type Queryable } from '../db.ts'
import type { GameBody } from './bodies.ts'
import type { ResolvedPlan } from './resolve.ts'
import type { Price, Region } from './store.ts'

/** Makes the regions these, in this order. */
export async function replaceRegions(tx: Queryable, regions: Region[]): Promise<void> {
  for (const [position, region] of regions.entries()) {
    await tx.run(
      `INSERT INTO regions (id, name, country, panel_location, node_cpu_percent, position)
       VALUES (?, ?, ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE name = VALUES(name), country = VALUES(country),
         panel_location = VALUES(panel_location), node_cpu_percent = VALUES(node_cpu_percent),
         position = VALUES(position)`,
      [
        region.id,
        region.name,
        region.country,
        region.panelLocation,
        region.nodeCpuPercent,
        position,
      ],
    )
  }
  const ids = regions.map((region) => region.id)
  await tx.run(`DELETE FROM regions WHERE id NOT IN (${placeholders(ids)})`, ids)
}

/** Makes the games these, in this order. */
export async function replaceGames(tx: Queryable, games: GameBody[]): Promise<void> {
  for (const [position, { id, name, summary }] of games.entries()) {
    await tx.run(
      `INSERT INTO games (id, name, summary, position) VALUES (?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE name = VALUES(name), summary = VALUES(summary),
         position = VALUES(position)`,
      [id, name, summary, position],
    )
  }
  const ids = games.map((game) => game.id)
  await tx.run(`DELETE FROM games WHERE id NOT IN (${placeholders(ids)})`, ids)
}

/**
 * Writes a plan and lists it. A new one counts as refused until the snapshot of the eggs, taken in
 * the same transaction, has looked at it.
 */
export async function upsertPlan(tx: Queryable, plan: ResolvedPlan): Promise<void> {
  await tx.run(
    `INSERT INTO plans (id, game_id, name, summary, memory_mib, disk_mib, cpu_percent,
       databases_limit, backups_limit, allocations_limit, nest_name, egg_name, docker_image,
       environment, options, region_ids, refused_reason, listed, position, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'not checked yet', 1, 0, {now})
     ON DUPLICATE KEY UPDATE game_id = VALUES(game_id), name = VALUES(name),
       summary = VALUES(summary), memory_mib = VALUES(memory_mib), disk_mib = VALUES(disk_mib),
       cpu_percent = VALUES(cpu_percent), databases_limit = VALUES(databases_limit),
       backups_limit = VALUES(backups_limit), allocations_limit = VALUES(allocations_limit),
       nest_name = VALUES(nest_name), egg_name = VALUES(egg_name),
       docker_image = VALUES(docker_image), environment = VALUES(environment),
       options = VALUES(options), region_ids = VALUES(region_ids), listed = 1,
       updated_at = VALUES(updated_at)`,
    [
      plan.id,
      plan.gameId,
      plan.name,
      plan.summary,
      plan.limits.memoryMib,
      plan.limits.diskMib,
      plan.limits.cpuPercent,
      plan.featureLimits.databases,
      plan.featureLimits.backups,
      plan.featureLimits.allocations,
      plan.nestName,
      plan.eggName,
      plan.dockerImage,
      JSON.stringify(plan.environment),
      JSON.stringify(plan.options),
      JSON.stringify(plan.regionIds),
    ],
  )
}

export async function orderPlans(tx: Queryable, ids: string[]): Promise<void> {
  for (const [position, id] of ids.entries()) {
    await tx.run('UPDATE plans SET position = ? WHERE id = ?', [position, id])
  }
}

/** Takes every other plan out of the shop; its row stays, since orders name it. */
export async function unlistPlansBut(tx: Queryable, ids: string[]): Promise<void> {
  await tx.run(
    `UPDATE plans SET listed = 0, updated_at = {now}
      WHERE listed = 1 AND id NOT IN (${placeholders(ids)})`,
    ids,
  )
}

export async function setStripeProduct(
  tx: Queryable,
  planId: string,
  productId: string,
): Promise<void> {
  await tx.run('UPDATE plans SET stripe_product_id = ?, updated_at = {now} WHERE id = ?', [
    productId,
    planId,
  ])
}

/** Makes a plan's prices these. */
export async function replacePrices(
  tx: Queryable,
  planId: string,
  prices: Price[],
): Promise<void> {
  for (const { term, currency, unitAmount, stripePriceId } of prices) {
    await tx.run(
      `INSERT INTO plan_prices (plan_id, term, currency, unit_amount, stripe_price_id, updated_at)
       VALUES (?, ?, ?, ?, ?, {now})
       ON DUPLICATE KEY UPDATE unit_amount = VALUES(unit_amount),
         stripe_price_id = VALUES(stripe_price_id), updated_at = VALUES(updated_at)`,
      [planId, term, currency, unitAmount, stripePriceId],
    )
  }
  await tx.run(
    `DELETE FROM plan_prices WHERE plan_id = ?
      AND NOT (${prices.map(() => '(term = ? AND currency = ?)').join(' OR ')})`,
    [planId, ...prices.flatMap(({ term, currency }) => [term, currency])],
  )
}
