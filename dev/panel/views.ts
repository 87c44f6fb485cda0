import { unexpected } from './failure.ts'
import type { Allocation, Egg, Location, Nest, Node, Server, User } from './model.ts'
import { type Item, type List, listOf, nullResource, withIncludes } from './objects.ts'
import type { Call } from './panel.ts'
import {
  allocationItem,
  eggConfigItem,
  eggItem,
  eggScriptItem,
  eggVariableItem,
  locationItem,
  nestItem,
  nodeItem,
  serverItem,
  serverVariableItem,
  subuserItem,
  userItem,
} from './transformers.ts'

/** Rows as the application API shows them, with what `?include=` may add. */

export function userView(c: Call, user: User): Item {
  return withIncludes(c, userItem(user), {
    servers: ['servers', (inner) => serversWhere(inner, ({ ownerId }) => ownerId === user.id)],
  })
}

export function locationView(c: Call, location: Location): Item {
  const nodes = c.env.store.nodes.rows.filter(({ locationId }) => locationId === location.id)
  const ids = nodes.map(({ id }) => id)
  return withIncludes(c, locationItem(location), {
    nodes: ['nodes', (inner) => listOf(nodes.map((node) => nodeView(inner, node)))],
    servers: ['servers', (inner) => serversWhere(inner, ({ nodeId }) => ids.includes(nodeId))],
  })
}

export function nodeView(c: Call, node: Node): Item {
  const { store } = c.env
  return withIncludes(c, nodeItem(store, node), {
    allocations: [
      'allocations',
      (inner) => allocationsWhere(inner, ({ nodeId }) => nodeId === node.id),
    ],
    location: ['locations', (inner) => locationView(inner, store.locations.get(node.locationId))],
    servers: ['servers', (inner) => serversWhere(inner, ({ nodeId }) => nodeId === node.id)],
  })
}

export function allocationView(c: Call, allocation: Allocation): Item {
  const { store } = c.env
  const { nodeId, serverId } = allocation
  return withIncludes(c, allocationItem(allocation), {
    node: ['nodes', (inner) => nodeView(inner, store.nodes.get(nodeId))],
    server: [
      'servers',
      (inner) => serverId === null ? nullResource : serverView(inner, store.servers.get(serverId)),
    ],
  })
}

export function nestView(c: Call, nest: Nest): Item {
  return withIncludes(c, nestItem(nest), {
    eggs: ['eggs', (inner) => eggsOf(inner, nest)],
    servers: ['servers', (inner) => serversWhere(inner, ({ nestId }) => nestId === nest.id)],
  })
}

export function eggsOf(c: Call, nest: Nest): List {
  const eggs = c.env.store.eggs.rows.filter(({ nestId }) => nestId === nest.id)
  return listOf(eggs.map((egg) => eggView(c, egg)))
}

/** `config` and `script` show what the egg inherits, and nothing when it inherits nothing. */
export function eggView(c: Call, egg: Egg): Item {
  const { store } = c.env
  const { configFrom, scriptFrom } = egg
  return withIncludes(c, eggItem(egg), {
    nest: ['nests', (inner) => nestView(inner, store.nests.get(egg.nestId))],
    servers: ['servers', (inner) => serversWhere(inner, ({ eggId }) => eggId === egg.id)],
    config: [
      'eggs',
      () => configFrom === null ? nullResource : eggConfigItem(store.eggs.get(configFrom)),
    ],
    script: [
      'eggs',
      () => scriptFrom === null ? nullResource : eggScriptItem(egg, store.eggs.get(scriptFrom)),
    ],
    variables: ['eggs', () => listOf(store.variablesOf(egg.id).map(eggVariableItem))],
  })
}

export function serverView(c: Call, server: Server): Item {
  const { store } = c.env
  const node = store.nodes.get(server.nodeId)
  return withIncludes(c, serverItem(store, server), {
    allocations: [
      'allocations',
      (inner) => allocationsWhere(inner, ({ serverId }) => serverId === server.id),
    ],
    user: ['users', (inner) => userView(inner, store.users.get(server.ownerId))],
    subusers: ['users', () => listOf(store.subusersOf(server.id).map(subuserItem))],
    nest: ['nests', (inner) => nestView(inner, store.nests.get(server.nestId))],
    egg: ['eggs', (inner) => eggView(inner, store.eggs.get(server.eggId))],
    variables: [
      'servers',
      () => listOf(store.variablesOf(server.eggId).map((row) => serverVariableItem(row, server))),
    ],
    location: ['locations', (inner) => locationView(inner, store.locations.get(node.locationId))],
    node: ['nodes', (inner) => nodeView(inner, node)],
    databases: ['server_databases', () => listOf([])],
    transfer: ['servers', brokenInclude],
  })
}

function serversWhere(c: Call, belongs: (server: Server) => boolean): List {
  return listOf(c.env.store.servers.rows.filter(belongs).map((server) => serverView(c, server)))
}

function allocationsWhere(c: Call, belongs: (allocation: Allocation) => boolean): List {
  const rows = c.env.store.allocations.rows.filter(belongs)
  return listOf(rows.map((row) => allocationView(c, row)))
}

/** Advertised by the panel, but broken in 1.11.8. */
function brokenInclude(): never {
  throw unexpected('TypeError')
}
