import { Hono } from 'hono'
import { html } from 'hono/html'
import { type Html, LOOK, page as document } from '../emulators/page.ts'
import { consolePage } from './console/page.ts'
import type { Server } from './model.ts'
import type { PanelEnv } from './panel.ts'
import type { PanelStore } from './store.ts'
import { identifierOf } from './transformers.ts'

/** Where "open the panel" leads: the real panel's own pages are an application of their own. */
export const pages = new Hono<PanelEnv>()
  .get('/', (c) => c.html(page('Servers', serverTable(c.env.store))))
  .get('/server/:identifier', (c) => {
    const server = findServer(c.env.store, c.req.param('identifier'))
    if (!server) return c.html(notFoundPage(), 404)
    return c.html(page(server.name, serverDetails(c.env.store, server)))
  })
  .get('/server/:identifier/console', (c) => {
    const server = findServer(c.env.store, c.req.param('identifier'))
    return server ? consolePage(c, server) : c.html(notFoundPage(), 404)
  })

function findServer(store: PanelStore, identifier: string): Server | undefined {
  return store.servers.rows.find((row) => identifierOf(row) === identifier)
}

function notFoundPage(): Html {
  return page('Not found', html`<p>No such server.</p>`)
}

function serverTable(store: PanelStore): Html {
  if (store.servers.rows.length === 0) return html`<p>No servers yet.</p>`
  return html`<table>
    <tr><th>Name</th><th>State</th><th>Node</th><th>Address</th></tr>
    ${
    store.servers.rows.toReversed().map((server) =>
      html`
        <tr>
          <td><a href="/server/${identifierOf(server)}">${server.name}</a></td>
          <td>${stateOf(server)}</td>
          <td>${store.nodes.get(server.nodeId).name}</td>
          <td><code>${addressOf(store, server)}</code></td>
        </tr>
      `
    )
  }
  </table>`
}

function serverDetails(store: PanelStore, server: Server): Html {
  const facts = {
    State: stateOf(server),
    Address: addressOf(store, server),
    Owner: store.users.get(server.ownerId).email,
    Node: store.nodes.get(server.nodeId).name,
    Egg: store.eggs.get(server.eggId).name,
    Memory: `${server.memory} MiB`,
    Disk: `${server.disk} MiB`,
    CPU: `${server.cpu} %`,
    'External id': server.externalId ?? '',
    ...server.environment,
  }
  return html`
    <table>
        ${Object.entries(facts).map(([name, value]) =>
          html`
            <tr>
              <th>${name}</th>
              <td>${value}</td>
            </tr>
          `
        )}
      </table>
    <p>
      <a href="/server/${identifierOf(server)}/console">Console</a> · <a href="/">All servers</a>
    </p>
  `
}

function stateOf(server: Server): string {
  return server.status ?? 'ready'
}

function addressOf(store: PanelStore, server: Server): string {
  const { alias, ip, port } = store.allocations.get(server.allocationId)
  return `${alias ?? ip}:${port}`
}

function page(title: string, content: Html): Html {
  return document({
    title: `${title} · Panel emulator`,
    style: STYLE,
    refreshS: 5,
    content: html`
      <main>
        <p>Panel emulator: stands in for Pterodactyl during development</p>
        <h1>${title}</h1>
        ${content}
      </main>
    `,
  })
}

const STYLE = `${LOOK}
  main { max-width: 60rem; margin: 2rem auto; padding: 1rem 1.5rem; background: var(--surface);
    border-top: 8px solid var(--beacon) }
  main > p:first-child { margin: 0; color: var(--soft); font-size: .875rem }
  h1 { margin: 0 0 1rem; line-height: 1.25; overflow-wrap: anywhere }
`
