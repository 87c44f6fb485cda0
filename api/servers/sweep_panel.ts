import { listOpenAlerts, raiseAlert, resolveAbsent } from '../alerts/alerts.ts'
import type { AlertKind } from '../alerts/kinds.ts'
import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { pages } from '../jobs/pages.ts'
import { enqueue } from '../jobs/queue.ts'
import type { Swept } from '../jobs/sweep.ts'
import type { PanelServer } from '../panel/panel.ts'
import { shopId } from '../plans/shop_id.ts'
import { recordBack, recordMissing } from './check.ts'
import { limitsThatDiffer } from './differences.ts'
import { listLiveServers, listUpServerIds, type LiveServer, recordMoved } from './store.ts'

/** What is missing or too much is certain once two sweeps so far apart have seen it. */
export const CERTAIN_AFTER_MS = 10 * 60_000

interface Finding {
  subject: string
  detail: Record<string, unknown>
}

interface Findings {
  ghosts: Finding[]
  orphans: Finding[]
  wrongOwners: Finding[]
  differing: Finding[]
  moved: number
  running: number
}

/**
 * Holds all servers of this shop at the panel against ours, both ways. What is a person's to decide
 * becomes an alert, and ends when it is no longer so; nothing is deleted, nothing built. Only what
 * nobody is to have for free is stopped again. Servers that come or go at this moment are left alone.
 */
export async function sweepPanel(db: Db, deps: Deps): Promise<Swept> {
  // Read before the panel's list, so that one which was delivered since is not missed in it.
  const up = await listUpServerIds(db)
  const there = await serversThere(db, deps)
  const findings = await compare(db, deps, there, up)
  const ghosts = await report(db, deps, 'server_missing', findings.ghosts, CERTAIN_AFTER_MS)
  for (const { subject, detail } of ghosts) {
    await recordMissing(db, deps, { id: subject, orderId: String(detail.orderId) })
  }
  const orphans = await report(db, deps, 'orphan_server', findings.orphans, CERTAIN_AFTER_MS)
  const owners = await report(db, deps, 'server_wrong_owner', findings.wrongOwners)
  const differing = await report(db, deps, 'server_differs', findings.differing)
  const withDifference = (name: string) =>
    differing.filter(({ detail }) => [detail.differences].flat().includes(name)).length
  return {
    found: {
      ghost: ghosts.length,
      orphan: orphans.length,
      wrong_owner: owners.length,
      wrong_limits: differing.length - withDifference('suspended'),
      suspended_there: withDifference('suspended'),
      running_there: findings.running,
      wrong_node: findings.moved,
    },
  }
}

/** The panel's servers that carry our mark, by our id of them. */
async function serversThere(db: Db, deps: Deps): Promise<Map<string, PanelServer>> {
  const mark = `${await shopId(db, deps.randomBytes)}-`
  const ours = (await deps.panel.listServers()).filter(({ externalId }) =>
    externalId?.startsWith(mark)
  )
  return new Map(ours.map((server) => [String(server.externalId).slice(mark.length), server]))
}

async function compare(
  db: Db,
  deps: Deps,
  there: Map<string, PanelServer>,
  up: Set<string>,
): Promise<Findings> {
  const found: Findings = {
    ghosts: [],
    orphans: [],
    wrongOwners: [],
    differing: [],
    moved: 0,
    running: 0,
  }
  const missing = await listOpenAlerts(db, 'server_missing')
  const known = new Set<string>()
  for await (const server of pages((after) => listLiveServers(db, after))) {
    known.add(server.id)
    const isUp = server.status === 'active' || server.status === 'suspended'
    const seen = there.get(server.id)
    if (!isUp) continue
    const detail = { orderId: server.orderId }
    if (seen) {
      if (missing.has(server.id)) await recordBack(db, deps, server)
      await compareOne(db, deps, { server, there: seen, found })
    } else if (up.has(server.id)) found.ghosts.push({ subject: server.id, detail })
  }
  for (const [id, { id: pteroServerId, nodeId }] of there) {
    if (!known.has(id)) found.orphans.push({ subject: id, detail: { pteroServerId, nodeId } })
  }
  return found
}

async function compareOne(
  db: Db,
  deps: Deps,
  { server, there, found }: { server: LiveServer; there: PanelServer; found: Findings },
): Promise<void> {
  const detail = { orderId: server.orderId, pteroServerId: there.id }
  const owner = `${await shopId(db, deps.randomBytes)}-${server.userId}`
  if (there.owner && there.owner.externalId !== owner) {
    found.wrongOwners.push({ subject: server.id, detail: { ...detail, panelUserId: there.userId } })
  }
  if (there.nodeId !== server.nodeId && await recordMoved(db, server, there)) found.moved++
  const differences = limitsThatDiffer(server.bought, there)
  if (there.suspended && server.status === 'active' && server.onHold === null) {
    differences.push('suspended')
  }
  if (differences.length > 0) {
    found.differing.push({ subject: server.id, detail: { ...detail, differences } })
  }
  if (there.suspended || server.status !== 'suspended' || server.onHold === null) return
  found.running++
  await enqueue(db, deps, 'server.suspend', { serverId: server.id }, { topic: server.id })
}

/** Raises what was found, closes what was not, and gives those that are certain and were not before. */
async function report(
  db: Db,
  deps: Deps,
  kind: AlertKind,
  findings: Finding[],
  confirmAfterMs = 0,
): Promise<Finding[]> {
  const before = await listOpenAlerts(db, kind)
  for (const finding of findings) await raiseAlert(db, deps, { kind, ...finding, confirmAfterMs })
  await resolveAbsent(db, kind, findings.map(({ subject }) => subject))
  const now = await listOpenAlerts(db, kind)
  return findings.filter(({ subject }) =>
    now.get(subject)?.confirmed && !before.get(subject)?.confirmed
  )
}
