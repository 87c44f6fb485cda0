import { useRoute } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import type { ServerBody } from '../../api/servers/bodies.ts'
import { api, type ServerStory } from '../api.ts'
import { Address } from '../components/copy_button.tsx'
import { Icon } from '../components/icon.tsx'
import { type Beam, Island } from '../components/island.tsx'
import { useTitle } from '../components/layout.tsx'
import { limitsOf } from '../components/limits.tsx'
import { Loaded } from '../components/loaded.tsx'
import { PanelLogin } from '../components/panel_login.tsx'
import { StatusLabel } from '../components/row.tsx'
import { Sprite } from '../components/sprite.tsx'
import { Timeline } from '../components/timeline.tsx'
import { Bones } from '../components/waiting.tsx'
import { formatDateTime } from '../format.ts'
import { useLoad } from '../use_load.ts'
import { serverLabels, serversWords, serverWords } from '../words/servers.ts'

/** How often a server that is still changing is looked at. */
const LOOK_MS = 5_000

export function Server() {
  const { params: { id = '' } } = useRoute()
  const load = useLoad(`server:${id}`, (signal) => api.getServer(id, signal))
  const server = load.value?.server
  useTitle(server?.name ?? serversWords.title)

  useEffect(() => {
    if (!server || !isChanging(server)) return
    const timer = setTimeout(load.reload, LOOK_MS)
    return () => clearTimeout(timer)
  }, [load.value])

  return (
    <Loaded load={load} personal whole skeleton={<ServerBones />}>
      {(story) => <Show {...story} />}
    </Loaded>
  )
}

function Show({ server, timeline }: ServerStory) {
  const words = serverWords
  return (
    <article class='order'>
      <a class='back' href='/servers'>
        <Icon name='back' />
        {words.back}
      </a>
      <div class='game-head server-head'>
        <Sprite gameId={server.gameId} />
        <div>
          <h1>{server.name}</h1>
          <p class='lead'>{server.planName} · {server.regionName}</p>
          <StatusLabel status={server.status} label={serverLabels[server.status]} />
        </div>
      </div>
      <div class='order-body'>
        <div class='server-main'>
          <Join server={server} />
          {server.panelUrl && <Panel url={server.panelUrl} />}
          <PanelLogin server={server} />
          <Timeline entries={timeline} heading={words.story} atRest={!isChanging(server)} />
        </div>
        <ServerFacts server={server} />
      </div>
    </article>
  )
}

/** How players get in; until they can, what is still to happen. */
function Join({ server }: { server: ServerBody }) {
  const words = serverWords
  return (
    <section class='card join' aria-labelledby='address-heading'>
      <Island beam={beamOf(server)} small />
      <div>
        <h2 id='address-heading' class='legend'>{words.address}</h2>
        {server.address && <Address address={server.address} />}
        <p class='soft' role='status'>
          {server.status === 'active' ? words.addressHelp : server.statusText}
        </p>
        {!server.address && <p class='field-help'>{words.noAddress}</p>}
      </div>
    </section>
  )
}

function Panel({ url }: { url: string }) {
  const words = serverWords
  return (
    <section class='card panel' aria-labelledby='panel-heading'>
      <div>
        <h2 id='panel-heading' class='legend'>{words.panelHeading}</h2>
        <p class='soft'>{words.panelHelp}</p>
      </div>
      <a class='button' href={url} target='_blank' rel='noreferrer'>{words.panel}</a>
    </section>
  )
}

function ServerFacts({ server }: { server: ServerBody }) {
  const words = serverWords
  const rows = [
    ...limitsOf(server).filter(([, value]) => value !== 0),
    [words.region, server.regionName],
    [words.created, formatDateTime(server.createdAt)],
    ...(server.activeAt ? [[words.active, formatDateTime(server.activeAt)]] : []),
  ]
  return (
    <section class='card facts' aria-labelledby='limits-heading'>
      <h2 id='limits-heading' class='legend'>{words.limits}</h2>
      <dl>
        {rows.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href={`/orders/${server.orderId}`}>{words.order}</a>
      </p>
    </section>
  )
}

function ServerBones() {
  return (
    <div class='order'>
      <Bones of={['back', 'heading', 'line']} />
      <div class='order-body'>
        <div class='card'>
          <Bones of={['title', 'button', 'line']} />
        </div>
        <div class='card'>
          <Bones of={['title', 'line', 'line', 'line']} />
        </div>
      </div>
    </div>
  )
}

function beamOf({ status }: ServerBody): Beam {
  if (status === 'active') return 'lit'
  return ['pending', 'installing', 'install_failed'].includes(status) ? 'working' : 'off'
}

function isChanging(server: ServerBody): boolean {
  return ['pending', 'installing', 'install_failed', 'deleting'].includes(server.status)
}
