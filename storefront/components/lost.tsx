import type { ComponentChildren } from 'preact'
import { Island } from './island.tsx'

interface Props {
  title: string
  body: string
  /** 1 where it stands for the whole page. */
  level: 1 | 2
  /** True for what went wrong, which is read out at once. */
  alert?: boolean
  /** What can be done: buttons and links. */
  children: ComponentChildren
}

/** In place of what is not there: the island without its light, and the way on. */
export function Lost({ title, body, level, alert = false, children }: Props) {
  return (
    <div class='lost' role={alert ? 'alert' : undefined}>
      <Island beam='off' />
      <div class='lost-words'>
        {level === 1 ? <h1>{title}</h1> : <h2>{title}</h2>}
        {body && <p class='lead'>{body}</p>}
        <div class='actions'>{children}</div>
      </div>
    </div>
  )
}
