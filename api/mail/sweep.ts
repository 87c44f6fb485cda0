import type { Db } from '../db.ts'
import type { Deps } from '../deps.ts'
import { BATCH, noJob, pages } from '../jobs/pages.ts'
import { enqueue } from '../jobs/queue.ts'
import type { Swept } from '../jobs/sweep.ts'

/** A mail that is still to be sent always has a job; one whose job died waits for a person. */
export async function sweepOutbox(db: Db, deps: Deps): Promise<Swept> {
  const mails = (after: string) =>
    db.query<{ id: string }>(
      `SELECT id FROM outbox
        WHERE id > ? AND sent_at IS NULL AND given_up_at IS NULL
          AND ${noJob('mail.send', 'outbox.id', ['ready', 'dead'])}
        ORDER BY id LIMIT ${BATCH}`,
      [after],
    )
  let found = 0
  for await (const { id } of pages(mails)) {
    found++
    deps.log.error('a mail was without a job', { mailId: id })
    await enqueue(db, deps, 'mail.send', { mailId: id }, { topic: id })
  }
  return { found: { mail: found } }
}
