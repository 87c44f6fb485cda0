import type { ServerBody } from '../../api/servers/bodies.ts'
import { api } from '../api.ts'
import { Empty, Row } from '../components/row.tsx'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { VerifyBanner } from '../components/verify_banner.tsx'
import { formatMib } from '../format.ts'
import { serverLabels, serversWords } from '../words/servers.ts'
import { useLoad } from '../use_load.ts'

export function Servers() {
  useTitle(serversWords.title)
  const load = useLoad('servers', api.getServers)
  return (
    <>
      <h1>{serversWords.title}</h1>
      <VerifyBanner />
      <Loaded load={load} personal>
        {(servers) =>
          servers.length === 0
            ? <Empty heading={serversWords.emptyHeading} body={serversWords.empty} />
            : (
              <ul class='rows'>
                {servers.map((server) => <ServerRow key={server.id} server={server} />)}
              </ul>
            )}
      </Loaded>
    </>
  )
}

function ServerRow({ server }: { server: ServerBody }) {
  return (
    <Row
      href={`/servers/${server.id}`}
      gameId={server.gameId}
      title={server.name}
      facts={[server.planName, server.regionName, formatMib(server.limits.memoryMib)]}
      aside={server.address ?? undefined}
      status={server.status}
      label={serverLabels[server.status]}
    />
  )
}
