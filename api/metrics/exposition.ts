import type { Queryable } from '../db.ts'
import { gauges, readGauge } from './gauges.ts'
import { counters, histograms } from './names.ts'

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** All metrics of the shop, of all its processes, as Prometheus reads them. */
export async function writeExposition(db: Queryable): Promise<string> {
  const sums = await db.query<Sample>('SELECT name, labels, value FROM counters ORDER BY name')
  const families: string[] = []
  for (const [name, { help }] of Object.entries(counters)) {
    families.push(family({ name, help, type: 'counter' }, sums.filter((sum) => sum.name === name)))
  }
  for (const [name, { help }] of Object.entries(histograms)) {
    families.push(family({ name, help, type: 'histogram' }, histogramOf(name, sums)))
  }
  for (const [name, gauge] of Object.entries(gauges)) {
    const samples = (await readGauge(db, gauge)).map((one) => ({ name, ...one }))
    families.push(family({ name, help: gauge.help, type: 'gauge' }, samples))
  }
  return families.join('')
}

interface Sample {
  name: string
  labels: string
  value: number
}

interface Family {
  name: string
  help: string
  type: 'counter' | 'histogram' | 'gauge'
}

function family({ name, help, type }: Family, samples: Sample[]): string {
  const lines = samples.map((one) =>
    `${one.name}${one.labels && `{${one.labels}}`} ${Number(one.value)}`
  )
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

/** Buckets from the smallest to the largest, then `+Inf`, which is the count. */
function histogramOf(name: string, sums: Sample[]): Sample[] {
  const of = (suffix: string) => sums.filter((sum) => sum.name === name + suffix)
  const buckets = of('_bucket').toSorted((a, b) => boundOf(a) - boundOf(b))
  const all = of('_count').map(({ labels, value }) => ({
    name: `${name}_bucket`,
    labels: [labels, 'le="+Inf"'].filter(Boolean).join(','),
    value,
  }))
  return [...buckets, ...all, ...of('_sum'), ...of('_count')]
}

function boundOf({ labels }: Sample): number {
  return Number(labels.match(/le="([^"]+)"/)?.[1])
}
