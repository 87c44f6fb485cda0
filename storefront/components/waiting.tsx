import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { commonWords } from '../words/common.ts'

/** So long nobody wonders; after it a page says that it is slow and what can be done. */
export const SLOW_AFTER_MS = 6_000

interface Props {
  /** The shape of what comes; three lines where nothing is given. */
  skeleton?: ComponentChildren
  /** True where nothing else of the page is there yet. */
  whole?: boolean
  onRetry?(): void
}

const lines = <Bones of={['title', 'line', 'line']} />

/** Stands in for what is on its way. Appears only when the wait is long enough to notice. */
export function Waiting({ skeleton = lines, whole = false, onRetry }: Props) {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div class='waiting'>
      {whole && <h1 class='heard'>{commonWords.loading}</h1>}
      <div role='status'>{slow ? <Slow onRetry={onRetry} /> : <Heard />}</div>
      <div aria-hidden='true'>{skeleton}</div>
    </div>
  )
}

/** `title`, `line`, `button`, `slab` …: one shape each, in the order they come. */
export function Bones({ of }: { of: string[] }) {
  return (
    <div class='bones'>{of.map((shape, index) => <i key={index} class={`bone-${shape}`} />)}</div>
  )
}

/** So many slabs side by side, as plans come, or in a list of class `within`. */
export function SlabBones({ count, within = 'slab-bones' }: { count: number; within?: string }) {
  const slabs = Array.from({ length: count }, (_, index) => index)
  return (
    <div class={within}>
      {slabs.map((slab) => (
        <div key={slab} class='card'>
          <Bones of={['title', 'line', 'line', 'button']} />
        </div>
      ))}
    </div>
  )
}

function Heard() {
  return <p class='heard'>{commonWords.loading}</p>
}

function Slow({ onRetry }: { onRetry?(): void }) {
  const words = commonWords.slow
  return (
    <div class='notice'>
      <p class='notice-title'>{words.title}</p>
      <p>{words.body}</p>
      {onRetry && (
        <p>
          <button type='button' class='button button-quiet' onClick={onRetry}>
            {commonWords.retry}
          </button>
        </p>
      )}
    </div>
  )
}
