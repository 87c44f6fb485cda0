import { serversWords } from '../words/servers.ts'
import { Lost } from './lost.tsx'
import { Sprite } from './sprite.tsx'

interface RowProps {
  href: string
  gameId: string
  title: string
  facts: string[]
  aside: string
  /** The machine's word, which gives the label its colour. */
  status: string
  label: string
}

/** One order in a list; the whole row leads to it. */
export function Row({ href, gameId, title, facts, aside, status, label }: RowProps) {
  return (
    <li class='row card'>
      <Sprite gameId={gameId} />
      <div class='row-what'>
        <a class='cover-link' href={href}>{title}</a>
        <p>{facts.join(' · ')}</p>
      </div>
      <p class='row-aside numbers'>{aside}</p>
      <StatusLabel status={status} label={label} />
    </li>
  )
}

export function StatusLabel({ status, label }: { status: string; label: string }) {
  return <span class={`status status-${status}`}>{label}</span>
}

/** An empty list says what will be in it, and leads to the plans. */
export function Empty({ heading, body }: { heading: string; body: string }) {
  return (
    <Lost level={2} title={heading} body={body}>
      <a class='button' href='/'>{serversWords.choose}</a>
    </Lost>
  )
}
