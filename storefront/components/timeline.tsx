import type { TimelineEntryBody } from '../../api/orders/bodies.ts'
import { formatDateTime, formatTime } from '../format.ts'
import { orderWords } from '../words/orders.ts'
import { Dot } from './dot.tsx'

interface Props {
  entries: TimelineEntryBody[]
  heading: string
  /** True when nothing further happens by itself, so that no "next" is promised. */
  atRest: boolean
}

/** What happened, oldest first, and what comes next. New steps are read out as they come. */
export function Timeline({ entries, heading, atRest }: Props) {
  const last = entries.at(-1)
  return (
    <section class='story' aria-labelledby='story-heading'>
      <h2 id='story-heading'>{heading}</h2>
      <div role='log' aria-live='polite'>
        <ol class='timeline' data-testid='timeline'>
          {entries.map((entry, index) => (
            <Step key={index} entry={entry} before={entries[index - 1]} />
          ))}
          {!last && (
            <li class='step step-next'>
              <Dot level='next' />
              <p>{orderWords.timelineEmpty}</p>
            </li>
          )}
          {last?.next && !atRest && <NextStep entry={last} />}
        </ol>
      </div>
    </section>
  )
}

function Step({ entry, before }: { entry: TimelineEntryBody; before?: TimelineEntryBody }) {
  return (
    <li class={`step step-${entry.level}`}>
      <Dot level={entry.level} />
      <p>{entry.text}</p>
      <Moment at={entry.at} after={before?.at} />
    </li>
  )
}

function NextStep({ entry }: { entry: TimelineEntryBody }) {
  return (
    <li class='step step-next'>
      <Dot level='next' />
      <p>
        <strong>{orderWords.next}:</strong> {entry.next}
      </p>
      {entry.nextAt && <Moment at={entry.nextAt} after={entry.at} />}
    </li>
  )
}

/** The first step of a day carries its date, the others only the time. */
function Moment({ at, after }: { at: string; after?: string }) {
  const sameDay = after && new Date(at).toDateString() === new Date(after).toDateString()
  return <time class='step-at' dateTime={at}>{sameDay ? formatTime(at) : formatDateTime(at)}</time>
}
