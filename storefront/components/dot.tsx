import type { TimelineEntryBody } from '../../api/orders/bodies.ts'
import { Icon, type IconName } from './icon.tsx'

type Level = TimelineEntryBody['level'] | 'next'

const icons: Partial<Record<Level, IconName>> = { good: 'check', problem: 'bang' }

/** The block on the line that says how a step went; a step still to come glows. */
export function Dot({ level }: { level: Level }) {
  const icon = icons[level]
  return <span class='dot' aria-hidden='true'>{icon && <Icon name={icon} />}</span>
}
