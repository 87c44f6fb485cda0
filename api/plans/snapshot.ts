import { listServerHolds } from '../checkout/capacity.ts'
import { type Db, placeholders, type Queryable } from '../db.ts'
import type { Egg, Panel } from '../panel/panel.ts'
import { isEggOf, type NodeFacts, type PanelFacts, readPanel } from './panel_facts.ts'
import { refusalOf } from './refusal.ts'
import { listListedPlans, listRegions } from './store.ts'

export interface Refusal {
  planId: string
  reason: string
}

/**
 * Brings our copy of the panel's nodes and eggs up to date, and with it what is sold: a plan whose
 * egg left or changed too much is refused, one that is whole again is sold again. Never touches what
 * is held. Throws a PanelError when the panel cannot be read; then nothing has changed.
 */
export async function snapshotPanel(
  db: Db,
  panel: Panel,
  { shopId }: { shopId: string },
): Promise<{ refused: Refusal[] }> {
  const facts = await readPanel(panel, {
    shopId,
    regions: await listRegions(db),
    listHolds: () => listServerHolds(db),
  })
  await storeNodes(db, facts.nodes)
  return await db.transaction(async (tx) => ({ refused: await storeEggs(tx, facts) }))
}

/** Writes each node by itself: its row is where buyers' holds meet, so locks on it must be short. */
export async function storeNodes(db: Queryable, nodes: NodeFacts[]): Promise<void> {
  for (const node of nodes) await upsertNode(db, node)
  const ids = nodes.map((node) => node.id)
  await db.run(
    `UPDATE panel_nodes SET sellable = 0 WHERE sellable = 1
      ${ids.length ? `AND id NOT IN (${placeholders(ids)})` : ''}`,
    ids,
  )
}

/** Stores the eggs that listed plans use and decides anew which plans can be sold. */
export async function storeEggs(tx: Queryable, facts: PanelFacts): Promise<Refusal[]> {
  const plans = await listListedPlans(tx)
  const eggs = facts.eggs.filter((egg) => plans.some((plan) => isEggOf(plan, egg)))
  for (const egg of eggs) await upsertEgg(tx, egg)
  await deleteOtherEggs(tx, eggs)
  const refused: Refusal[] = []
  for (const plan of plans) {
    const reason = refusalOf(plan, eggs.find((egg) => isEggOf(plan, egg)), facts.nodes)
    if (reason) refused.push({ planId: plan.id, reason })
    if (reason === plan.refusedReason) continue
    await tx.run('UPDATE plans SET refused_reason = ?, updated_at = {now} WHERE id = ?', [
      reason ?? null,
      plan.id,
    ])
  }
  return refused
}

async function upsertNode(db: Queryable, node: NodeFacts): Promise<void> {
  await db.run(
    `INSERT INTO panel_nodes (id, name, region_id, sellable, memory_mib_limit, disk_mib_limit,
       cpu_percent_limit, ports_limit, memory_mib_foreign, disk_mib_foreign, cpu_percent_foreign,
       ports_foreign, memory_mib_held, disk_mib_held, cpu_percent_held, ports_held, seen_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, {now})
     ON DUPLICATE KEY UPDATE name = VALUES(name), region_id = VALUES(region_id),
       sellable = VALUES(sellable), memory_mib_limit = VALUES(memory_mib_limit),
       disk_mib_limit = VALUES(disk_mib_limit), cpu_percent_limit = VALUES(cpu_percent_limit),
       ports_limit = VALUES(ports_limit), memory_mib_foreign = VALUES(memory_mib_foreign),
       disk_mib_foreign = VALUES(disk_mib_foreign),
       cpu_percent_foreign = VALUES(cpu_percent_foreign), ports_foreign = VALUES(ports_foreign),
       seen_at = VALUES(seen_at)`,
    [
      node.id,
      node.name,
      node.regionId,
      node.sellable,
      ...[node.limit, node.foreign].flatMap(({ memoryMib, diskMib, cpuPercent, ports }) => [
        memoryMib,
        diskMib,
        cpuPercent,
        ports,
      ]),
    ],
  )
}

async function upsertEgg(tx: Queryable, egg: Egg): Promise<void> {
  await tx.run(
    `INSERT INTO panel_eggs (nest_name, egg_name, egg_id, egg_uuid, startup, docker_images,
       variables, seen_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, {now})
     ON DUPLICATE KEY UPDATE egg_id = VALUES(egg_id), egg_uuid = VALUES(egg_uuid),
       startup = VALUES(startup), docker_images = VALUES(docker_images),
       variables = VALUES(variables), seen_at = VALUES(seen_at)`,
    [
      egg.nestName,
      egg.name,
      egg.id,
      egg.uuid,
      egg.startup,
      JSON.stringify(egg.dockerImages),
      JSON.stringify(egg.variables),
    ],
  )
}

async function deleteOtherEggs(tx: Queryable, eggs: Egg[]): Promise<void> {
  const stored = await tx.query<{ nestName: string; name: string }>(
    'SELECT nest_name AS nestName, egg_name AS name FROM panel_eggs',
  )
  for (const { nestName, name } of stored) {
    if (eggs.some((egg) => egg.nestName === nestName && egg.name === name)) continue
    await tx.run('DELETE FROM panel_eggs WHERE nest_name = ? AND egg_name = ?', [nestName, name])
  }
}
