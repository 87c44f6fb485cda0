import { Hono } from 'hono'
import { PanelFailure } from '../failure.ts'
import { Input } from '../input.ts'
import type { Server } from '../model.ts'
import type { Item } from '../objects.ts'
import type { PanelApp, PanelEnv } from '../panel.ts'
import { validate } from '../validation.ts'
import { orderCommands, orderPower, signals } from '../wings/power.ts'
import { statsOf } from '../wings/stats.ts'
import { signToken } from '../wings/token.ts'
import { allowServer } from './access.ts'
import { may, permissionsOf } from './permissions.ts'

/** What is done with a running server. The panel passes it on to the node and waits for no effect. */
export const control = new Hono<PanelEnv>()
  .get(
    '/servers/:server/resources',
    allowServer(),
    async (c) => c.json(await resourcesOf(c.env, c.var.server)),
  )
  .post('/servers/:server/power', allowServer({ permission: permissionForPower }), async (c) => {
    const { wings } = c.env
    validate(c.var.body, { signal: [`required|string|in:${signals.join(',')}`] })
    const signal = new Input(c.var.body).text('signal') ?? ''
    await wings.ask('power', c.var.server, (container) => orderPower(wings, container, signal))
    return c.body(null, 204)
  })
  .post('/servers/:server/command', allowServer({ permission: 'control.console' }), async (c) => {
    validate(c.var.body, { command: ['required|string|min:1'] })
    await sendCommand(c.env, c.var.server, new Input(c.var.body).text('command') ?? '')
    return c.body(null, 204)
  })
  .get(
    '/servers/:server/websocket',
    allowServer({ openIn: 'ready, or installing for admins' }),
    async (c) => {
      const { server, caller: { owner } } = c.var
      const { store, url } = c.env
      if (!may(store, owner, server, 'websocket.connect')) throw noWebsocket()
      const permissions = permissionsOf(store, owner, server)
      const token = await signToken(c.env, { server, user: owner, permissions })
      const socket = `${url.replace(/^http/, 'ws')}/api/servers/${server.uuid}/ws`
      return c.json({ data: { token, socket } })
    },
  )

/** How long the panel repeats what a node said of a server. */
const CACHED_MS = 20_000

/** Every failure of the node is a 504 here, whatever its own status; failures are not repeated. */
async function resourcesOf(
  { wings, resources, now }: PanelApp,
  server: Server,
): Promise<Item> {
  const known = resources.get(server.uuid)
  if (known && now().getTime() < known.readAt + CACHED_MS) return known.item
  try {
    const item = await wings.ask('details', server, (container): Item => {
      const { state, memory_bytes, cpu_absolute, disk_bytes, network, uptime } = statsOf(
        container,
        now(),
      )
      return {
        object: 'stats',
        attributes: {
          current_state: state,
          is_suspended: container.settings.suspended,
          resources: {
            memory_bytes,
            cpu_absolute,
            disk_bytes,
            network_rx_bytes: network.rx_bytes,
            network_tx_bytes: network.tx_bytes,
            uptime,
          },
        },
      }
    })
    resources.set(server.uuid, { readAt: now().getTime(), item })
    return item
  } catch (failure) {
    if (!(failure instanceof PanelFailure)) throw failure
    throw new PanelFailure(504, failure.code, failure.issues)
  }
}

/** A signal that does not exist asks for a permission that nobody was ever given. */
function permissionForPower(input: Input): string {
  const permissions: Record<string, string> = {
    start: 'control.start',
    stop: 'control.stop',
    kill: 'control.stop',
    restart: 'control.restart',
  }
  return permissions[input.text('signal') ?? ''] ?? '__invalid'
}

async function sendCommand({ wings }: PanelApp, server: Server, command: string): Promise<void> {
  try {
    await wings.ask('command', server, (container) => orderCommands(wings, container, [command]))
  } catch (failure) {
    if (!(failure instanceof PanelFailure) || failure.status !== 502) throw failure
    throw new PanelFailure(502, 'HttpException', 'Server must be online in order to send commands.')
  }
}

function noWebsocket(): PanelFailure {
  const detail = "You do not have permission to connect to this server's websocket."
  return new PanelFailure(403, 'HttpForbiddenException', detail)
}
