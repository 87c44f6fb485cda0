import type { JobName } from './queue.ts'

/** Small enough for one answer of the database. */
export const BATCH = 200

/** True in SQL when no such job waits or runs: one that waits keeps its own time. */
export function noJob(name: JobName, id: string, statuses = ['ready']): string {
  const among = statuses.map((status) => `'${status}'`).join(', ')
  return `NOT EXISTS (SELECT 1 FROM jobs j
    WHERE j.status IN (${among}) AND j.topic = CONCAT('${name}:', ${id}))`
}

/** Every row, read in pages of BATCH: `read` gives those that sort after an id, by id. */
export async function* pages<R extends { id: string }>(
  read: (after: string) => Promise<R[]>,
): AsyncGenerator<R> {
  for (let after = '';;) {
    const rows = await read(after)
    yield* rows
    const last = rows.at(-1)
    if (!last || rows.length < BATCH) return
    after = last.id
  }
}

/** Gathers what comes one by one into lists of at most BATCH, for one question of the database each. */
export async function* batches<T>(all: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = []
  for await (const one of all) {
    batch.push(one)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
