import type { Db } from '../../api/db.ts'

export interface WriteFault {
  /** How many writes have failed so far. */
  fired(): Promise<number>
  cancel(): Promise<void>
}

/**
 * The next `times` writes of one kind to a table fail with an error of MySQL, raised by the database
 * itself. The count survives the rollback that follows, so that the repetition may succeed.
 */
export async function failWrites(
  db: Db,
  { verb = 'INSERT', table, errno, times = 1 }: {
    verb?: 'INSERT' | 'UPDATE'
    table: string
    errno: number
    times?: number
  },
): Promise<WriteFault> {
  await db.run('DROP TABLE IF EXISTS write_fault')
  // No transaction undoes what is written to an engine without them.
  await db.run('CREATE TABLE write_fault (remaining INT NOT NULL) ENGINE=MyISAM')
  await db.run('INSERT INTO write_fault VALUES (?)', [times])
  await db.run(
    `CREATE TRIGGER write_fault_${table} BEFORE ${verb} ON ${table} FOR EACH ROW BEGIN
       UPDATE write_fault SET remaining = remaining - 1 WHERE remaining > 0;
       IF ROW_COUNT() = 1 THEN
         SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'ordered by a test';
       END IF;
     END`,
  )
  return {
    async fired() {
      const [row] = await db.query<{ remaining: number }>('SELECT remaining FROM write_fault')
      return times - (row?.remaining ?? times)
    },
    async cancel() {
      await db.run(`DROP TRIGGER IF EXISTS write_fault_${table}`)
    },
  }
}
