import type { ServerBody } from '../../api/servers/bodies.ts'
import { formatMib } from '../format.ts'
import { serverLabels, serversWords } from '../words/servers.ts'
import { CopyButton } from './copy_button.tsx'
import { StatusLabel } from './row.tsx'
import { Sprite } from './sprite.tsx'

/** One server among the customer's: its state, its address, and what comes next. */
export function ServerCard({ server }: { server: ServerBody }) {
  const facts = [server.planName, server.regionName, formatMib(server.limits.memoryMib)]
  return (
    <li class='server-card card'>
      <div class='server-card-head'>
        <Sprite gameId={server.gameId} />
        <div>
          <h2>
            <a class='cover-link' href={`/servers/${server.id}`}>{server.name}</a>
          </h2>
          <p class='soft'>{facts.join(' · ')}</p>
        </div>
        <StatusLabel status={server.status} label={serverLabels[server.status]} />
      </div>
      {server.address
        ? (
          <div class='server-card-address'>
            <code>{server.address}</code>
            <CopyButton value={server.address} what={serversWords.addressOf(server.name)} />
          </div>
        )
        : <p class='server-card-next'>{server.statusText}</p>}
    </li>
  )
}
