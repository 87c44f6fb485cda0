import { checkChain } from '../accounts/audit_seals.ts'
import { type Check, count, fail, ok, skip, warn } from './check.ts'

/** Some seconds' reading at most; older rows are counted, and their seals must be there. */
const MOST_ROWS = 20_000

/** Ten times as long as the next seal should take. */
const LATE_MS = 10 * 60_000

/** Whether what was done can still be believed. */
export const auditChecks: Check[] = [
  {
    id: 'audit.chain',
    what: 'The audit log',
    wanted: 'every row as it was written, and sealed within 10 min',
    mend: 'Compare with a backup: somebody wrote to audit_log by hand. Then change the passwords ' +
      'of the database.',
    look: async (exam) => {
      const limits = { mostRows: MOST_ROWS, lateMs: LATE_MS }
      const { seals, head, broken, late } = await checkChain(await exam.database(), limits)
      if (broken) return fail(`broken at seal ${broken.sealNo}: ${broken.why}`)
      if (late) {
        const mend = 'See sweeps.recent, or run `deno task orders sweep audit`.'
        return warn(`${count(late, 'row')} without a seal`, mend)
      }
      return head ? ok(`${count(seals, 'seal')}, the last is ${head}`) : skip('no seal yet')
    },
  },
]
