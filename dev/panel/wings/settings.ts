import * as z from 'zod'
import type { Allocation, Egg, Server } from '../model.ts'
import type { PanelStore } from '../store.ts'
import { environmentOf } from '../transformers.ts'
import type { Settings } from './container.ts'

/** What the daemon asks the panel for before it works on a server: `GET /api/remote/servers/{uuid}`. */
export function configurationOf(store: PanelStore, server: Server) {
  const egg = store.eggs.get(server.eggId)
  return {
    settings: settingsOf(store, server),
    process_configuration: {
      startup: { done: [egg.startupDone], user_interaction: [], strip_ansi: false },
      stop: stopOf(egg.stop),
      configs: configsOf(egg, server.memory, store.allocations.get(server.allocationId)),
    },
  }
}

export function settingsOf(store: PanelStore, server: Server): Settings {
  const { ip, port } = store.allocations.get(server.allocationId)
  return {
    uuid: server.uuid,
    meta: { name: server.name, description: server.description },
    suspended: server.status === 'suspended',
    environment: environmentOf(store, server),
    invocation: server.startup,
    skip_egg_scripts: server.skipScripts,
    build: {
      memory_limit: server.memory,
      swap: server.swap,
      io_weight: server.io,
      cpu_limit: server.cpu,
      threads: server.threads,
      disk_space: server.disk,
      oom_disabled: server.oomDisabled,
    },
    container: { image: server.image, oom_disabled: server.oomDisabled, requires_rebuild: false },
    allocations: {
      force_outgoing_ip: false,
      default: { ip, port },
      mappings: mappingsOf(store, server),
    },
    mounts: [],
    egg: { id: store.eggs.get(server.eggId).uuid, file_denylist: [] },
  }
}

/** The files that the node writes before a start, as a list of replacements. */
function configsOf(egg: Egg, memory: number, { ip, port }: Allocation) {
  const values: Record<string, unknown> = {
    'server.build.default.ip': ip,
    'server.build.default.port': port,
    'server.build.memory': memory,
  }
  return Object.entries(egg.configFiles ?? {}).map(([file, config]) => {
    const { parser, find } = ConfigFile.parse(config)
    const replace = Object.entries(find).map(([match, value]) => ({
      match,
      replace_with: value.replace(/{{([\w.]+)}}/g, (whole, name) => String(values[name] ?? whole)),
    }))
    return { parser, file, replace }
  })
}

const ConfigFile = z.object({ parser: z.string(), find: z.record(z.string(), z.string()) })

/** `^C` and its like are signals to the process, everything else is typed into its console. */
function stopOf(stop: string) {
  return stop.startsWith('^') ? { type: 'signal', value: stop.slice(1) } : {
    type: 'command',
    value: stop,
  }
}

function mappingsOf(store: PanelStore, server: Server): Record<string, number[]> {
  const ports = store.allocations.rows.filter((row) => row.serverId === server.id)
  return Object.fromEntries(
    ports.map(({ ip }) => [ip, ports.filter((row) => row.ip === ip).map(({ port }) => port)]),
  )
}
