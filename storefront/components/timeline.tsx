import type { TimelineEntryBody } from '../../api/orders/bodies.ts'
import { formatDateTime, formatTime, text } from '../messages.ts'

interface Props {
  entries: TimelineEntryBody[]
  heading: string
  /** True when nothing further happens by itself, so that no "next" is promised. */
  atRest: boolean
}

/** What happened, oldest first, and what comes next. New steps are read out as they come. */
export function Timeline({ entries, heading, atRest }: Props) {
  const next = atRest ? undefined : entries.findLast((entry) => entry.next)
  return (
    <section class='story' aria-labelledby='story-heading'>
      <h2 id='story-heading'>{heading}</h2>
      <div role='log' aria-live='polite'>
        <ol class='timeline' data-testid='timeline'>
          {entries.map((entry, index) => (
            <Step key={index} entry={entry} newDay={startsDay(entries, index)} />
          ))}
          {entries.length === 0 && <li class='step'>{text.order.timelineEmpty}</li>}
          {next && <NextStep entry={next} />}
        </ol>
      </div>
    </section>
  )
}

function Step({ entry, newDay }: { entry: TimelineEntryBody; newDay: boolean }) {
  return (
    <li class={`step step-${entry.level}`}>
      <p>{entry.text}</p>
      <time dateTime={entry.at}>{newDay ? formatDateTime(entry.at) : formatTime(entry.at)}</time>
    </li>
  )
}

function NextStep({ entry }: { entry: TimelineEntryBody }) {
  return (
    <li class='step step-next'>
      <p>
        <strong>{text.order.next}:</strong> {entry.next}
      </p>
      {entry.nextAt && <time dateTime={entry.nextAt}>{formatTime(entry.nextAt)}</time>}
    </li>
  )
}

/** The first step of a day carries its date, the others only the time. */
function startsDay(entries: TimelineEntryBody[], index: number): boolean {
  const [before, here] = [entries[index - 1], entries[index]]
  if (!before || !here) return true
  return new Date(before.at).toDateString() !== new Date(here.at).toDateString()
}
