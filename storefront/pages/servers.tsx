import { api } from '../api.ts'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Empty } from '../components/row.tsx'
import { ServerCard } from '../components/server_card.tsx'
import { VerifyBanner } from '../components/verify_banner.tsx'
import { SlabBones } from '../components/waiting.tsx'
import { useLoad } from '../use_load.ts'
import { serversWords } from '../words/servers.ts'

export function Servers() {
  useTitle(serversWords.title)
  const load = useLoad('servers', api.getServers)
  return (
    <>
      <h1>{serversWords.title}</h1>
      <VerifyBanner />
      <Loaded load={load} personal skeleton={<SlabBones count={2} within='server-list' />}>
        {(servers) =>
          servers.length === 0
            ? <Empty heading={serversWords.emptyHeading} body={serversWords.empty} />
            : (
              <ul class='server-list'>
                {servers.map((server) => <ServerCard key={server.id} server={server} />)}
              </ul>
            )}
      </Loaded>
    </>
  )
}
