import * as z from 'zod'

/** Rows with ids that are never given twice, as an auto-increment column gives them. */
export class Table<Row extends { id: number }, New = Row> {
  rows: Row[] = []
  lastId = 0
  private readonly schema: z.ZodType<Row, New>

  constructor(schema: z.ZodType<Row, New>) {
    this.schema = schema
  }

  /** Columns with a default may be left out. */
  insert(make: (id: number) => New): Row {
    const row = this.schema.parse(make(++this.lastId))
    this.rows.push(row)
    return row
  }

  find(id: number): Row | undefined {
    return this.rows.find((row) => row.id === id)
  }

  /** For what must be there because another row names it. */
  get(id: number): Row {
    const row = this.find(id)
    if (!row) throw new Error(`Cannot find the row as it is gone: ${id}`)
    return row
  }

  remove(row: Row): void {
    this.rows = this.rows.filter((other) => other !== row)
  }

  load(saved: { lastId: number; rows: Row[] }): void {
    this.lastId = saved.lastId
    this.rows = saved.rows
  }

  snapshot(): { lastId: number; rows: Row[] } {
    return structuredClone({ lastId: this.lastId, rows: this.rows })
  }
}

export function savedTable<Row>(row: z.ZodType<Row>) {
  return z.object({ lastId: z.int(), rows: z.array(row) })
}
