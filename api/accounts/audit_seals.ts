import { createHash } from 'node:crypto'
import { type Db, isDuplicate, placeholders, type Queryable } from '../db.ts'

/** Far below what a statement may name, and more than a minute brings. */
const BATCH = 500

/** What the chain begins with. */
const START = new Uint8Array(32)

interface AuditRow {
  id: string
  at: Date
  actor: string
  action: string
  subject: string
  requestId: string | null
  detail: string
}

interface Seal {
  sealNo: number
  rowCount: number
  hash: Uint8Array
}

/**
 * Closes the rows of the audit log that no seal has closed yet. A chain from row to row would make
 * every purchase wait for every other; so the rows come as they come, and this links them batch by
 * batch. Of two that seal at once the primary key lets one.
 */
export async function sealAudit(db: Db): Promise<number> {
  let sealed = 0
  for (let count = BATCH; count === BATCH; sealed += count) count = await sealBatch(db)
  return sealed
}

export interface ChainReport {
  seals: number
  /** Of the newest seal; what is written down elsewhere can be compared. */
  head: string | undefined
  /** The first seal that does not fit, and why; undefined when all that was looked at does. */
  broken: { sealNo: number; why: string } | undefined
  /** Rows that wait for a seal for more than `lateMs`. */
  late: number
}

/** Looks whether every seal is there and fits, the newest `mostRows` rows one by one. */
export async function checkChain(
  db: Queryable,
  { mostRows, lateMs }: { mostRows: number; lateMs: number },
): Promise<ChainReport> {
  const seals = await db.query<Seal>(
    'SELECT seal_no AS sealNo, row_count AS rowCount, hash FROM audit_seals ORDER BY seal_no',
  )
  const [late] = await db.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM audit_log
      WHERE seal_no IS NULL AND at < {now} - INTERVAL ? MICROSECOND`,
    [lateMs * 1000],
  )
  const head = seals.at(-1)?.hash
  return {
    seals: seals.length,
    head: head && hexOf(head).slice(0, 16),
    broken: await firstBroken(db, seals, mostRows),
    late: Number(late?.n ?? 0),
  }
}

async function sealBatch(db: Db): Promise<number> {
  try {
    return await db.transaction(async (tx) => {
      const [last] = await tx.query<Seal>(
        `SELECT seal_no AS sealNo, row_count AS rowCount, hash FROM audit_seals
          ORDER BY seal_no DESC LIMIT 1`,
      )
      const rows = await tx.query<AuditRow>(
        `${ROWS} WHERE seal_no IS NULL ORDER BY id LIMIT ${BATCH}`,
      )
      if (rows.length === 0) return 0
      const sealNo = (last?.sealNo ?? 0) + 1
      await tx.run(
        'INSERT INTO audit_seals (seal_no, sealed_at, row_count, hash) VALUES (?, {now}, ?, ?)',
        [sealNo, rows.length, hashOf(last?.hash ?? START, rows)],
      )
      await tx.run(
        `UPDATE audit_log SET seal_no = ? WHERE id IN (${placeholders(rows)})`,
        [sealNo, ...rows.map(({ id }) => id)],
      )
      return rows.length
    })
  } catch (error) {
    if (isDuplicate(error)) return 0
    throw error
  }
}

const ROWS = `SELECT id, at, actor, action, subject, request_id AS requestId, detail FROM audit_log`

function hashOf(before: Uint8Array, rows: AuditRow[]): Uint8Array {
  const hash = createHash('sha256').update(before)
  for (const { id, at, actor, action, subject, requestId, detail } of rows) {
    hash.update(JSON.stringify([id, at.toISOString(), actor, action, subject, requestId, detail]))
  }
  return new Uint8Array(hash.digest())
}

function hexOf(bytes: Uint8Array): string {
  return new Uint8Array(bytes).toHex()
}

async function firstBroken(db: Queryable, seals: Seal[], mostRows: number) {
  const counts = await db.query<{ sealNo: number; n: number }>(
    'SELECT seal_no AS sealNo, COUNT(*) AS n FROM audit_log WHERE seal_no IS NOT NULL GROUP BY seal_no',
  )
  const found = new Map(counts.map(({ sealNo, n }) => [sealNo, Number(n)]))
  for (const [i, { sealNo, rowCount }] of seals.entries()) {
    if (sealNo !== i + 1) return { sealNo: i + 1, why: 'the seal is gone' }
    const n = found.get(sealNo) ?? 0
    if (n !== rowCount) return { sealNo, why: `${n} rows instead of ${rowCount}` }
  }
  const beyond = counts.find(({ sealNo }) => sealNo > seals.length)
  if (beyond) return { sealNo: beyond.sealNo, why: 'the seal is gone' }
  return await firstChanged(db, seals, mostRows)
}

/** From the newest back, as far as the number of rows allows. */
async function firstChanged(db: Queryable, seals: Seal[], mostRows: number) {
  let left = mostRows
  let broken: ChainReport['broken']
  for (let i = seals.length - 1; i >= 0 && left > 0; i--) {
    const { sealNo = 0, hash, rowCount = 0 } = seals[i] ?? {}
    const rows = await db.query<AuditRow>(`${ROWS} WHERE seal_no = ? ORDER BY id`, [sealNo])
    const expected = hashOf(seals[i - 1]?.hash ?? START, rows)
    if (!hash || hexOf(expected) !== hexOf(hash)) broken = { sealNo, why: 'a row was changed' }
    left -= rowCount
  }
  return broken
}
