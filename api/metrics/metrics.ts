import type { Queryable } from '../db.ts'
import { type CounterName, type HistogramName, histograms, type Labels } from './names.ts'

/**
 * Counts within a process and adds it to the sums in the database now and then, since any number of
 * processes and isolates serve one shop, and whoever is asked must answer for all of them. What was
 * gathered is lost when the process is killed.
 */
export interface Metrics {
  count(name: CounterName, labels?: Labels, by?: number): void
  /** One observation of a histogram, in seconds. */
  observe(name: HistogramName, seconds: number, labels?: Labels): void
  /** Adds what was gathered to the database. After a failure it is gathered still. */
  flush(db: Queryable): Promise<void>
}

export function createMetrics(): Metrics {
  let gathered = new Map<string, Sum>()

  function add(name: string, labels: string, by: number): void {
    const key = `${name}{${labels}}`
    const sum = gathered.get(key)
    if (sum) sum.value += by
    else gathered.set(key, { name, labels, value: by })
  }

  return {
    count: (name, labels = {}, by = 1) => add(name, textOf(labels), by),
    observe(name, seconds, labels = {}) {
      for (const bound of histograms[name].buckets) {
        if (seconds <= bound) add(`${name}_bucket`, textOf({ ...labels, le: String(bound) }), 1)
      }
      add(`${name}_sum`, textOf(labels), seconds)
      add(`${name}_count`, textOf(labels), 1)
    },
    async flush(db) {
      const sums = [...gathered.values()]
      gathered = new Map()
      try {
        await addSums(db, sums)
      } catch (error) {
        for (const { name, labels, value } of sums) add(name, labels, value)
        throw error
      }
    },
  }
}

interface Sum {
  name: string
  labels: string
  value: number
}

/** In the order of their names, so that two processes never wait for each other's rows in a circle. */
async function addSums(db: Queryable, sums: Sum[]): Promise<void> {
  if (sums.length === 0) return
  const sorted = sums.toSorted((a, b) => a.name + a.labels < b.name + b.labels ? -1 : 1)
  await db.run(
    `INSERT INTO counters (name, labels, value) VALUES ${sorted.map(() => '(?, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE value = value + VALUES(value)`,
    sorted.flatMap(({ name, labels, value }) => [name, labels, value]),
  )
}

/** Labels as Prometheus writes them, sorted, so that equal ones are one row. */
function textOf(labels: Labels): string {
  return Object.entries(labels).toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, '_')}"`).join(',')
}
