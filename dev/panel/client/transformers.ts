import type { Allocation, Key, Server, Subuser, User, Variable } from '../model.ts'
import { asksFor, type Item, listOf, nullResource, zonedTime } from '../objects.ts'
import type { Call } from '../panel.ts'
import type { PanelStore } from '../store.ts'
import { featureLimitsOf, identifierOf, limitsOf } from '../transformers.ts'
import { may } from './permissions.ts'

/** A server as its owner sees it, with what a subuser may not know left out. */
export function clientServerItem(c: Call, server: Server): Item {
  const { store } = c.env
  const node = store.nodes.get(server.nodeId)
  const egg = store.eggs.get(server.eggId)
  const can = (permission: string) => may(store, c.var.caller.owner, server, permission)
  return {
    object: 'server',
    attributes: {
      server_owner: c.var.caller.owner.id === server.ownerId,
      identifier: identifierOf(server),
      internal_id: server.id,
      uuid: server.uuid,
      name: server.name,
      node: node.name,
      is_node_under_maintenance: node.maintenance,
      sftp_details: { ip: node.fqdn, port: node.daemonSftp },
      description: server.description,
      limits: limitsOf(server),
      invocation: invocationOf(store, server, { hidden: !can('startup.read') }),
      docker_image: server.image,
      egg_features: egg.features,
      feature_limits: featureLimitsOf(server),
      status: server.status,
      is_suspended: server.status === 'suspended',
      is_installing: server.status === 'installing' || server.status === 'install_failed',
      is_transferring: server.transferring,
      relationships: {
        allocations: allocationsOf(store, server, { all: can('allocation.read') }),
        variables: can('startup.read') ? variablesOf(store, server) : nullResource,
        ...(asksFor(c, 'egg') && {
          egg: { object: 'egg', attributes: { uuid: egg.uuid, name: egg.name } },
        }),
        ...(asksFor(c, 'subusers') && {
          subusers: can('user.read') ? subusersOf(store, server) : nullResource,
        }),
      },
    },
  }
}

export function accountItem(user: User): Item {
  return {
    object: 'user',
    attributes: {
      id: user.id,
      admin: user.rootAdmin,
      username: user.username,
      email: user.email,
      first_name: user.firstName,
      last_name: user.lastName,
      language: user.language,
    },
  }
}

export function keyItem(key: Key): Item {
  return {
    object: 'api_key',
    attributes: {
      identifier: key.token.slice(0, 16),
      description: key.description,
      allowed_ips: key.allowedIps,
      last_used_at: key.lastUsedAt && zonedTime(key.lastUsedAt),
      created_at: zonedTime(key.createdAt),
    },
  }
}

export function clientSubuserItem(store: PanelStore, subuser: Subuser): Item {
  const user = store.users.get(subuser.userId)
  return {
    object: 'server_subuser',
    attributes: {
      uuid: user.uuid,
      username: user.username,
      email: user.email,
      image: 'https://gravatar.com/avatar/',
      '2fa_enabled': user.twoFactor,
      created_at: zonedTime(user.createdAt),
      permissions: subuser.permissions,
    },
  }
}

/** The startup command with its values; those of hidden variables stay hidden. */
function invocationOf(store: PanelStore, server: Server, { hidden }: { hidden: boolean }): string {
  const { ip, port } = store.allocations.get(server.allocationId)
  const values: Record<string, unknown> = {
    SERVER_MEMORY: server.memory,
    SERVER_IP: ip,
    SERVER_PORT: port,
  }
  for (const variable of store.variablesOf(server.eggId)) {
    const shown = variable.userViewable && !hidden
    values[variable.envVariable] = shown ? valueOf(server, variable) : '[hidden]'
  }
  return server.startup.replace(/{{(\w+)}}/g, (whole, name) => String(values[name] ?? whole))
}

/** Who may not see all of them sees the default one, without its notes. */
function allocationsOf(store: PanelStore, server: Server, { all }: { all: boolean }) {
  const rows = store.allocations.rows.filter((row) => row.serverId === server.id)
  const shown = all ? rows : rows.filter((row) => row.id === server.allocationId)
  return listOf(
    shown.map((row) => allocationItem(all ? row : { ...row, notes: null }, server)),
  )
}

function allocationItem({ id, ip, alias, port, notes }: Allocation, server: Server): Item {
  return {
    object: 'allocation',
    attributes: { id, ip, ip_alias: alias, port, notes, is_default: id === server.allocationId },
  }
}

function variablesOf(store: PanelStore, server: Server) {
  const shown = store.variablesOf(server.eggId).filter((row) => row.userViewable)
  return listOf(shown.map((variable) => ({
    object: 'egg_variable',
    attributes: {
      name: variable.name,
      description: variable.description,
      env_variable: variable.envVariable,
      default_value: variable.defaultValue,
      server_value: valueOf(server, variable),
      is_editable: variable.userEditable,
      rules: variable.rules,
    },
  })))
}

function valueOf(server: Server, variable: Variable): string {
  return server.environment[variable.envVariable] ?? variable.defaultValue
}

function subusersOf(store: PanelStore, server: Server) {
  return listOf(store.subusersOf(server.id).map((row) => clientSubuserItem(store, row)))
}
