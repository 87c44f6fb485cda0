import { microseconds, placeholders, type Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { BATCH } from '../jobs/pages.ts'
import { sourcesOf } from '../moves.ts'
import type { Bought } from '../orders/store.ts'
import { DEFAULT_PER_MINUTE } from '../panel/gate_store.ts'
import { addressOf, type PanelServer } from '../panel/panel.ts'
import { serverMoves, type ServerStatus } from './status.ts'

export interface Server {
  id: string
  orderId: string
  userId: string
  status: ServerStatus
  name: string
  nodeId: number
  pteroServerId: number | null
  pteroIdentifier: string | null
  address: string | null
  createSentAt: Date | null
  createAnswered: boolean
  createdAt: Date
  activeAt: Date | null
}

const COLUMNS = `id, order_id AS orderId, user_id AS userId, status, name, node_id AS nodeId,
  ptero_server_id AS pteroServerId, ptero_identifier AS pteroIdentifier, address,
  create_sent_at AS createSentAt, create_answered AS createAnswered, created_at AS createdAt,
  active_at AS activeAt`

/** A new server is `pending`, and the live one of its order. */
export async function insertServer(
  tx: Queryable,
  server: Pick<Server, 'id' | 'orderId' | 'userId' | 'name' | 'nodeId'>,
): Promise<void> {
  await tx.run(
    `INSERT INTO servers
       (id, order_id, live_order_id, user_id, status, name, node_id, create_answered, created_at)
     VALUES (?, ?, ?, ?, 'pending', ?, ?, 0, {now})`,
    [server.id, server.orderId, server.orderId, server.userId, server.name, server.nodeId],
  )
}

export async function findServer(db: Queryable, id: string): Promise<Server | undefined> {
  const [row] = await db.query<Server>(`SELECT ${COLUMNS} FROM servers WHERE id = ?`, [id])
  return row && { ...row, createAnswered: Boolean(row.createAnswered) }
}

/**
 * Moves a server and writes its event. False, and nothing written, when the move is not allowed from
 * where the server is, or another was first. Call it inside a transaction.
 */
export async function moveServer(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  id: string,
  to: ServerStatus,
): Promise<boolean> {
  return await moveFrom(tx, deps, { id, to, from: sourcesOf<ServerStatus>(serverMoves, to) })
}

/**
 * Ends the delivery of a server that is not active yet; true also when that was done before. From
 * here on nobody creates, installs or activates it.
 */
export async function stopDelivery(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  id: string,
): Promise<boolean> {
  const from: ServerStatus[] = ['pending', 'installing', 'install_failed']
  if (await moveFrom(tx, deps, { id, to: 'deleting', from })) return true
  const server = await findServer(tx, id)
  return server?.status === 'deleting' || server?.status === 'deleted'
}

async function moveFrom(
  tx: Queryable,
  deps: Pick<Deps, 'newId'>,
  { id, to, from }: { id: string; to: ServerStatus; from: ServerStatus[] },
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE servers SET status = ? WHERE id = ? AND status IN (${placeholders(from)})`,
    [to, id, ...from],
  )
  if (affectedRows !== 1) return false
  await tx.run(
    `INSERT INTO server_events (id, server_id, at, kind, facts) VALUES (?, ?, {now}, ?, '{}')`,
    [deps.newId('serverEvent'), id, `server.${to}`],
  )
  return true
}

/** A deleted server frees its order and stays as a tombstone, so that its id is never used again. */
export async function recordDeleted(tx: Queryable, id: string): Promise<void> {
  await tx.run(
    'UPDATE servers SET deleted_at = {now}, live_order_id = NULL WHERE id = ?',
    [id],
  )
}

/**
 * Written before each create is sent: from here on its outcome is unknown. False when the server is
 * not wanted any more, or is there already: then none may be sent.
 */
export async function recordCreateSent(
  db: Queryable,
  id: string,
  nodeId: number,
): Promise<boolean> {
  const { affectedRows } = await db.run(
    `UPDATE servers SET create_sent_at = {now}, create_answered = 0, node_id = ?
      WHERE id = ? AND status IN ('pending', 'installing') AND ptero_server_id IS NULL`,
    [nodeId, id],
  )
  return affectedRows === 1
}

/** Whether a create may still be sent; until the transaction ends that stays so. */
export async function lockUncreated(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT id FROM servers WHERE id = ? AND status IN ('pending', 'installing')
        AND ptero_server_id IS NULL FOR UPDATE`,
    [id],
  )
  return rows.length === 1
}

/**
 * The panel refused the create, or has no such server any more: it is certainly not there. False,
 * and nothing written, when the server is active by now, or its delivery was stopped.
 */
export async function recordNotThere(tx: Queryable, id: string): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE servers SET create_sent_at = NULL, create_answered = 0, ptero_server_id = NULL,
       ptero_uuid = NULL, ptero_identifier = NULL, address = NULL
      WHERE id = ? AND status IN ('pending', 'installing')`,
    [id],
  )
  return affectedRows === 1
}

/**
 * What the panel said of the server. `answered`: it was the answer to our create. False, and nothing
 * written, when its delivery was stopped meanwhile.
 */
export async function recordThere(
  tx: Queryable,
  id: string,
  there: {
    pteroServerId: number
    uuid: string
    identifier: string
    address: string | null
    nodeId: number
    answered: boolean
  },
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE servers SET ptero_server_id = ?, ptero_uuid = ?, ptero_identifier = ?, address = ?,
       node_id = ?, create_sent_at = COALESCE(create_sent_at, {now}), create_answered = ?
      WHERE id = ? AND status IN ('pending', 'installing')`,
    [
      there.pteroServerId,
      there.uuid,
      there.identifier,
      there.address,
      there.nodeId,
      there.answered,
      id,
    ],
  )
  return affectedRows === 1
}

/**
 * Another server at the panel takes the place of the one that vanished. False, and nothing written,
 * when the server was not delivered before.
 */
export async function recordAttached(
  tx: Queryable,
  id: string,
  there: {
    pteroServerId: number
    uuid: string
    identifier: string
    address: string | null
    nodeId: number
  },
): Promise<boolean> {
  const { affectedRows } = await tx.run(
    `UPDATE servers SET ptero_server_id = ?, ptero_uuid = ?, ptero_identifier = ?, address = ?,
       node_id = ?, verified_at = {now} WHERE id = ? AND status IN ('active', 'suspended')`,
    [there.pteroServerId, there.uuid, there.identifier, there.address, there.nodeId, id],
  )
  return affectedRows === 1
}

/** Installed, and seen at the panel. */
export async function recordActive(
  tx: Queryable,
  id: string,
  address: string | null,
): Promise<void> {
  await tx.run(
    'UPDATE servers SET active_at = {now}, verified_at = {now}, address = ? WHERE id = ?',
    [address, id],
  )
}

/** Its money goes back: how long it is kept, suspended. */
export async function recordDeleteAfter(tx: Queryable, id: string, ms: number): Promise<void> {
  await tx.run(
    `UPDATE servers SET delete_after = {now} + INTERVAL ? MICROSECOND
      WHERE id = ? AND delete_after IS NULL`,
    [microseconds(ms), id],
  )
}

/** Milliseconds, by the database's clock, until a server is to be deleted; undefined if it is not. */
export async function msUntilDelete(db: Queryable, id: string): Promise<number | undefined> {
  const [row] = await db.query<{ us: number | string | null }>(
    'SELECT TIMESTAMPDIFF(MICROSECOND, {now}, delete_after) AS us FROM servers WHERE id = ?',
    [id],
  )
  return row?.us == null ? undefined : Number(row.us) / 1000
}

export async function recordVerified(db: Queryable, id: string): Promise<void> {
  await db.run('UPDATE servers SET verified_at = {now} WHERE id = ?', [id])
}

/** Milliseconds, by the database's clock, since the last create was sent; undefined if none was. */
export async function msSinceCreateSent(db: Queryable, id: string): Promise<number | undefined> {
  const [row] = await db.query<{ us: number | string | null }>(
    'SELECT TIMESTAMPDIFF(MICROSECOND, create_sent_at, {now}) AS us FROM servers WHERE id = ?',
    [id],
  )
  return row?.us == null ? undefined : Number(row.us) / 1000
}

/**
 * How long to wait between two looks at an installing server, so that looking at all of them takes
 * half of the calls that the panel allows.
 */
export async function looksEveryMs(db: Queryable): Promise<number> {
  const [row] = await db.query<{ ms: number | string }>(
    `SELECT COUNT(*) * 120000 / COALESCE((SELECT per_minute FROM panel_gate WHERE id = 1), ?) AS ms
      FROM servers WHERE status = 'installing'`,
    [DEFAULT_PER_MINUTE],
  )
  return Math.ceil(Number(row?.ms ?? 0))
}

/** A server with what its page shows of the order. */
export interface OwnedServer extends Server {
  planId: string
  gameId: string
  regionId: string
  bought: Bought
}

/** A user's servers that are not deleted, newest first, at most 200. */
export async function listServersOf(db: Queryable, userId: string): Promise<OwnedServer[]> {
  const rows = await db.query<OwnedRow>(
    `${OWNED} WHERE s.user_id = ? AND s.deleted_at IS NULL
      ORDER BY s.created_at DESC, s.id DESC LIMIT 200`,
    [userId],
  )
  return rows.map(toOwned)
}

/** The server if it is this user's; another's is simply not there. */
export async function findServerOf(
  db: Queryable,
  userId: string,
  id: string,
): Promise<OwnedServer | undefined> {
  const [row] = await db.query<OwnedRow>(`${OWNED} WHERE s.id = ? AND s.user_id = ?`, [id, userId])
  return row && toOwned(row)
}

type OwnedRow = Omit<OwnedServer, 'bought'> & { bought: string }

const OWNED = `SELECT s.${COLUMNS.replaceAll(/,\s+/g, ', s.')}, o.plan_id AS planId,
  o.game_id AS gameId, o.region_id AS regionId, o.bought AS bought
  FROM servers s JOIN orders o ON o.id = s.order_id`

function toOwned(row: OwnedRow): OwnedServer {
  return { ...row, createAnswered: Boolean(row.createAnswered), bought: JSON.parse(row.bought) }
}

/** A server that is not deleted, with what its order says of it. */
export interface LiveServer {
  id: string
  orderId: string
  userId: string
  status: ServerStatus
  nodeId: number
  bought: Bought
  onHold: string | null
}

/** A page of the servers that are not deleted, by id, after one. */
export async function listLiveServers(db: Queryable, after: string): Promise<LiveServer[]> {
  return await selectLive(db, 's.id > ? AND s.deleted_at IS NULL ORDER BY s.id LIMIT ?', [
    after,
    BATCH,
  ])
}

/** Of the servers that run, those that the panel confirmed longest ago. */
export async function listLongestUnverified(db: Queryable, limit: number): Promise<LiveServer[]> {
  const where = "s.status = 'active' AND o.on_hold IS NULL ORDER BY s.verified_at, s.id LIMIT ?"
  return await selectLive(db, where, [limit])
}

async function selectLive(
  db: Queryable,
  where: string,
  params: (string | number)[],
): Promise<LiveServer[]> {
  const rows = await db.query<Omit<LiveServer, 'bought'> & { bought: string }>(
    `SELECT s.id, s.order_id AS orderId, s.user_id AS userId, s.status, s.node_id AS nodeId,
       o.bought, o.on_hold AS onHold FROM servers s JOIN orders o ON o.id = s.order_id
      WHERE ${where}`,
    params,
  )
  return rows.map((row) => ({ ...row, bought: JSON.parse(row.bought) }))
}

/** The servers that run, or are suspended: the panel has to have them. */
export async function listUpServerIds(db: Queryable): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(
    "SELECT id FROM servers WHERE status IN ('active', 'suspended')",
  )
  return new Set(rows.map((row) => row.id))
}

/** The panel has moved a server to another node. */
export async function recordMoved(
  db: Queryable,
  { id, nodeId }: Pick<LiveServer, 'id' | 'nodeId'>,
  there: PanelServer,
): Promise<boolean> {
  const { affectedRows } = await db.run(
    'UPDATE servers SET node_id = ?, address = ? WHERE id = ? AND node_id = ?',
    [there.nodeId, addressOf(there), id, nodeId],
  )
  return affectedRows === 1
}
