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
