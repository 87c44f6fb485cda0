import type {
  Allocation,
  Egg,
  Location,
  Nest,
  Node,
  Server,
  Subuser,
  User,
  Variable,
} from './model.ts'
import { unexpected } from './failure.ts'
import { dates, type Item, microsecondTime } from './objects.ts'
import type { PanelStore } from './store.ts'

/** Rows as the panel shows them, without what `?include=` adds. */

export function userItem(user: User): Item {
  return {
    object: 'user',
    attributes: {
      id: user.id,
      external_id: user.externalId,
      uuid: user.uuid,
      username: user.username,
      email: user.email,
      first_name: user.firstName,
      last_name: user.lastName,
      language: user.language,
      root_admin: user.rootAdmin,
      '2fa': user.twoFactor,
      ...dates(user),
    },
  }
}

export function locationItem(location: Location): Item {
  const { id, short, long } = location
  return { object: 'location', attributes: { id, short, long, ...dates(location) } }
}

export function nodeItem(store: PanelStore, node: Node): Item {
  return {
    object: 'node',
    attributes: {
      id: node.id,
      uuid: node.uuid,
      public: node.public,
      name: node.name,
      description: node.description,
      location_id: node.locationId,
      fqdn: node.fqdn,
      scheme: node.scheme,
      behind_proxy: node.behindProxy,
      maintenance_mode: node.maintenance,
      memory: node.memory,
      memory_overallocate: node.memoryOverallocate,
      disk: node.disk,
      disk_overallocate: node.diskOverallocate,
      upload_size: node.uploadSize,
      daemon_listen: node.daemonListen,
      daemon_sftp: node.daemonSftp,
      daemon_base: node.daemonBase,
      ...dates(node),
      allocated_resources: usedOn(store, node),
    },
  }
}

/** What the daemon of a node is configured with, without an envelope; it holds the node's token. */
export function nodeConfiguration({ url }: { url: string }, node: Node) {
  const certificates = `/etc/letsencrypt/live/${node.fqdn.toLowerCase()}`
  return {
    debug: false,
    uuid: node.uuid,
    token_id: node.daemonTokenId,
    token: node.daemonToken,
    api: {
      host: '0.0.0.0',
      port: node.daemonListen,
      ssl: {
        enabled: !node.behindProxy && node.scheme === 'https',
        cert: `${certificates}/fullchain.pem`,
        key: `${certificates}/privkey.pem`,
      },
      upload_limit: node.uploadSize,
    },
    system: { data: node.daemonBase, sftp: { bind_port: node.daemonSftp } },
    allowed_mounts: [],
    remote: url,
  }
}

/** Limits are summed, not use; an unlimited server counts as 0. */
export function usedOn(store: PanelStore, node: Node): { memory: number; disk: number } {
  const servers = store.servers.rows.filter((server) => server.nodeId === node.id)
  return {
    memory: servers.reduce((sum, server) => sum + server.memory, 0),
    disk: servers.reduce((sum, server) => sum + server.disk, 0),
  }
}

export function allocationItem(allocation: Allocation): Item {
  const { id, ip, alias, port, notes, serverId } = allocation
  return {
    object: 'allocation',
    attributes: { id, ip, alias, port, notes, assigned: serverId !== null },
  }
}

export function nestItem(nest: Nest): Item {
  const { id, uuid, author, name, description } = nest
  return {
    object: 'nest',
    attributes: { id, uuid, author, name, description, ...dates(nest) },
  }
}

/** The panel breaks at an egg whose configuration files are null in its database. */
export function eggItem(egg: Egg): Item {
  if (egg.configFiles === null) throw unexpected('JsonException', 'Syntax error')
  return {
    object: 'egg',
    attributes: {
      id: egg.id,
      uuid: egg.uuid,
      name: egg.name,
      nest: egg.nestId,
      author: egg.author,
      description: egg.description,
      docker_image: Object.values(egg.dockerImages)[0] ?? '',
      docker_images: egg.dockerImages,
      config: {
        ...configOf(egg),
        file_denylist: egg.fileDenylist,
        extends: egg.configFrom,
      },
      startup: egg.startup,
      script: { ...egg.script, extends: egg.scriptFrom },
      ...dates(egg),
    },
  }
}

/** What an egg inherits from another; the panel gives it no name. */
export function eggConfigItem(parent: Egg): Item {
  return { object: null, attributes: configOf(parent) }
}

/** The script of another egg, run with the privileges of this one. */
export function eggScriptItem(egg: Egg, parent: Egg): Item {
  const { privileged } = egg.script
  return { object: null, attributes: { ...parent.script, privileged } }
}

function configOf({ configFiles, startupDone, stop }: Egg) {
  return { files: configFiles, startup: { done: startupDone }, stop, logs: [] }
}

export function eggVariableItem(variable: Variable): Item {
  return {
    object: 'egg_variable',
    attributes: {
      id: variable.id,
      egg_id: variable.eggId,
      name: variable.name,
      description: variable.description,
      env_variable: variable.envVariable,
      default_value: variable.defaultValue,
      user_viewable: variable.userViewable,
      user_editable: variable.userEditable,
      rules: variable.rules,
      created_at: microsecondTime(variable.createdAt),
      updated_at: microsecondTime(variable.updatedAt),
    },
  }
}

export function serverVariableItem(variable: Variable, server: Server): Item {
  return {
    object: 'server_variable',
    attributes: {
      ...eggVariableItem(variable).attributes,
      server_value: valueOf(variable, server),
    },
  }
}

export function subuserItem(subuser: Subuser): Item {
  const { id, userId, serverId, permissions, createdAt } = subuser
  return {
    object: 'server_subuser',
    attributes: {
      id,
      user_id: userId,
      server_id: serverId,
      permissions,
      ...dates({ createdAt, updatedAt: createdAt }),
    },
  }
}

export function serverItem(store: PanelStore, server: Server): Item {
  return {
    object: 'server',
    attributes: {
      id: server.id,
      external_id: server.externalId,
      uuid: server.uuid,
      identifier: identifierOf(server),
      name: server.name,
      description: server.description,
      status: server.status,
      suspended: server.status === 'suspended',
      limits: limitsOf(server),
      feature_limits: featureLimitsOf(server),
      user: server.ownerId,
      node: server.nodeId,
      allocation: server.allocationId,
      nest: server.nestId,
      egg: server.eggId,
      container: {
        startup_command: server.startup,
        image: server.image,
        installed: server.status === 'installing' || server.status === 'install_failed' ? 0 : 1,
        environment: environmentOf(store, server),
      },
      ...dates(server),
    },
  }
}

export function limitsOf({ memory, swap, disk, io, cpu, threads, oomDisabled }: Server) {
  return { memory, swap, disk, io, cpu, threads, oom_disabled: oomDisabled }
}

export function featureLimitsOf({ databaseLimit, allocationLimit, backupLimit }: Server) {
  return { databases: databaseLimit, allocations: allocationLimit, backups: backupLimit }
}

export function identifierOf(server: Server): string {
  return server.uuid.slice(0, 8)
}

/** What the server starts with: the values of its egg's variables, and the panel's own. */
export function environmentOf(store: PanelStore, server: Server) {
  const { locationId } = store.nodes.get(server.nodeId)
  return {
    ...Object.fromEntries(
      store.variablesOf(server.eggId).map((row) => [row.envVariable, valueOf(row, server)]),
    ),
    STARTUP: server.startup,
    P_SERVER_LOCATION: store.locations.get(locationId).short,
    P_SERVER_UUID: server.uuid,
    P_SERVER_ALLOCATION_LIMIT: server.allocationLimit,
  }
}

function valueOf({ envVariable, defaultValue }: Variable, { environment }: Server): string {
  return environment[envVariable] ?? defaultValue
}
