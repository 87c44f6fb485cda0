import { useRoute } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import type { ServerBody } from '../../api/servers/bodies.ts'
import { api, type ServerStory } from '../api.ts'
import { Address } from '../components/copy_button.tsx'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { PanelLogin } from '../components/panel_login.tsx'
import { Limits } from '../components/plan_card.tsx'
import { StatusLabel } from '../components/row.tsx'
import { Sprite } from '../components/sprite.tsx'
import { Timeline } from '../components/timeline.tsx'
import { formatDateTime } from '../format.ts'
import { serversWords, serverWords } from '../words/servers.ts'
import { useLoad } from '../use_load.ts'

/** How often a server that is still changing is looked at. */
const LOOK_MS = 5_000

/** Features are counted on the plan, not on the server, so this page leaves them out. */
const noFeatures = { databases: 0, backups: 0, allocations: 0 }

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

  return <Loaded load={load} personal>{(story) => <Show {...story} />}</Loaded>
}

function Show({ server, timeline }: ServerStory) {
  const words = serverWords
  return (
    <article class='order'>
      <div class='game-head'>
        <Sprite gameId={server.gameId} />
        <div>
          <h1>{server.name}</h1>
          <p>{server.planName} · {server.regionName}</p>
        </div>
      </div>
      <p role='status'>
        <StatusLabel status={server.status} label={server.statusText} />
      </p>
      <section class='card' aria-labelledby='address-heading'>
        <h2 id='address-heading'>{words.address}</h2>
        {server.address && <Address address={server.address} />}
        <p class='field-help'>{server.address ? words.addressHelp : words.noAddress}</p>
        {server.panelUrl && (
          <>
            <p>
              <a class='button' href={server.panelUrl} target='_blank' rel='noreferrer'>
                {words.panel}
              </a>
            </p>
            <p class='field-help'>{words.panelHelp}</p>
          </>
        )}
      </section>
      <PanelLogin server={server} />
      <div class='order-body'>
        <Timeline entries={timeline} heading={words.story} atRest={!isChanging(server)} />
        <ServerFacts server={server} />
      </div>
    </article>
  )
}

function ServerFacts({ server }: { server: ServerBody }) {
  const words = serverWords
  return (
    <section class='facts' aria-labelledby='limits-heading'>
      <h2 id='limits-heading'>{words.limits}</h2>
      <Limits plan={{ limits: server.limits, featureLimits: noFeatures }} />
      <dl>
        <div>
          <dt>{words.created}</dt>
          <dd>{formatDateTime(server.createdAt)}</dd>
        </div>
        {server.activeAt && (
          <div>
            <dt>{words.active}</dt>
            <dd>{formatDateTime(server.activeAt)}</dd>
          </div>
        )}
      </dl>
      <p>
        <a href={`/orders/${server.orderId}`}>{words.order}</a>
      </p>
    </section>
  )
}

function isChanging(server: ServerBody): boolean {
  return ['pending', 'installing', 'install_failed', 'deleting'].includes(server.status)
}
