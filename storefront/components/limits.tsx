import type { PlanBody } from '../../api/plans/bodies.ts'
import { formatCpu, formatMib } from '../format.ts'
import { planWords } from '../words/plans.ts'

/** Features are counted on a plan; a server knows only its limits. */
export type Limited = Pick<PlanBody, 'limits'> & Partial<Pick<PlanBody, 'featureLimits'>>

const nothing: Limited = { limits: { memoryMib: 0, diskMib: 0, cpuPercent: 0 } }

/** What a plan has as the panel will enforce it, in words; 0 for what it has none of. */
export function limitsOf({ limits, featureLimits }: Limited = nothing): [string, string | 0][] {
  const count = (value = 0) => value && String(value)
  return [
    [planWords.memory, formatMib(limits.memoryMib)],
    [planWords.cpu, formatCpu(limits.cpuPercent)],
    [planWords.disk, formatMib(limits.diskMib)],
    [planWords.backups, count(featureLimits?.backups)],
    [planWords.databases, count(featureLimits?.databases)],
    [planWords.ports, count(featureLimits?.allocations)],
  ]
}

/** The same as a list; what there is none of is left out. */
export function Limits({ of }: { of: Limited }) {
  return (
    <dl class='limits'>
      {limitsOf(of).filter(([, value]) => value !== 0).map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
