import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** How something ended, and where to go from there. Takes the focus, so that it is read out. */
export function Outcome(
  { title, body, children }: { title: string; body: string; children: ComponentChildren },
) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [title])
  return (
    <div class='narrow'>
      <h1 ref={heading} tabIndex={-1}>{title}</h1>
      <p class='lead'>{body}</p>
      <p class='actions'>{children}</p>
    </div>
  )
}
