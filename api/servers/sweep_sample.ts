import { raiseAlert } from '../alerts/alerts.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Swept } from '../jobs/sweep.ts'
import { externalIdOf } from '../panel/external_id.ts'
import { limitsThatDiffer } from './differences.ts'
import { CERTAIN_AFTER_MS } from './sweep_panel.ts'
import { listLongestUnverified, type LiveServer, recordVerified } from './store.ts'

/** So few calls are nothing to the panel in a day. */
const SAMPLE = 50

/**
 * Each day: asks the panel for the servers that were verified longest ago, one by one, as the panel's
 * list is only as good as its pages. There, the buyer's, not suspended against us, as bought.
 */
export async function sweepSample(db: Db, deps: Deps): Promise<Swept> {
  let found = 0
  for (const server of await listLongestUnverified(db, SAMPLE)) {
    if (!await verify(db, deps, server)) found++
  }
  return { found: { unverified: found } }
}

async function verify(db: Db, deps: Deps, server: LiveServer): Promise<boolean> {
  const there = await deps.panel.findServer(await externalIdOf(db, deps, server.id))
  const { id: subject, orderId } = server
  if (!there) {
    // One sighting: the sweep of the panel makes it certain.
    const ghost = { kind: 'server_missing', subject, detail: { orderId } } as const
    await raiseAlert(db, deps, { ...ghost, confirmAfterMs: CERTAIN_AFTER_MS })
    return false
  }
  const owner = await deps.panel.findUser(await externalIdOf(db, deps, server.userId))
  const about = { subject, detail: { orderId, pteroServerId: there.id } }
  const isTheirs = owner?.id === there.userId
  if (!isTheirs) await raiseAlert(db, deps, { kind: 'server_wrong_owner', ...about })
  const differences = limitsThatDiffer(server.bought, there)
  if (there.suspended) differences.push('suspended')
  if (differences.length > 0) {
    const detail = { ...about.detail, differences }
    await raiseAlert(db, deps, { kind: 'server_differs', subject, detail })
  }
  if (!isTheirs || differences.length > 0) return false
  await recordVerified(db, server.id)
  return true
}
