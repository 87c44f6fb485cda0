import type { Context } from 'hono'
import { html } from 'hono/html'
import { LOOK, page } from '../../emulators/page.ts'
import { permissionsOf } from '../client/permissions.ts'
import type { Server } from '../model.ts'
import type { PanelEnv } from '../panel.ts'
import { identifierOf } from '../transformers.ts'
import { signToken } from '../wings/token.ts'

const SCRIPT = Deno.readTextFileSync(new URL('./client.js', import.meta.url))

/** The console and the power buttons of a server. Who opens it acts as a root admin: there is no login. */
export async function consolePage(c: Context<PanelEnv>, server: Server): Promise<Response> {
  const { store } = c.env
  const user = store.users.rows.find(({ rootAdmin }) => rootAdmin) ??
    store.users.get(server.ownerId)
  const permissions = permissionsOf(store, user, server)
  const nonce = crypto.randomUUID()
  c.header('Cache-Control', 'no-store')
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'`,
  )
  return await c.html(page({
    title: `${server.name} · Console`,
    style: STYLE,
    script: { text: SCRIPT, nonce },
    attributes: {
      'data-socket': `/api/servers/${server.uuid}/ws`,
      'data-token': await signToken(c.env, { server, user, permissions }),
    },
    content: html`
      <main>
        <p><a href="/server/${identifierOf(server)}">${server.name}</a></p>
        <h1>Console</h1>
        <p><strong id="state" role="status">connecting</strong> <span id="stats"></span></p>
        <p>
          ${['start', 'restart', 'stop', 'kill'].map((signal) =>
            html`
              <button type="button" data-signal="${signal}">${signal}</button>
            `
          )}
        </p>
        <pre id="output" role="log" tabindex="0" aria-label="Output"></pre>
        <form id="send">
          <label for="command">Command</label>
          <input id="command" autocomplete="off" required>
          <button>Send</button>
        </form>
      </main>
    `,
  }))
}

const STYLE = `${LOOK}
  main { max-width: 60rem; margin: 2rem auto; padding: 1rem 1.5rem; background: var(--surface);
    border-top: 8px solid var(--beacon) }
  pre { height: 24rem; overflow: auto; padding: .75rem; background: var(--sunken);
    white-space: pre-wrap; overflow-wrap: anywhere }
  form { display: flex; gap: .5rem; align-items: center }
  input { flex: 1; min-width: 0 }
  button, input { min-height: 2.5rem; font: inherit }
`
