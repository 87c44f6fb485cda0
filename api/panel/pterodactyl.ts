import * as z from 'zod'
import {
  AllocationAnswer,
  EggAnswer,
  itemOf,
  listOf,
  LocationAnswer,
  NestAnswer,
  NodeAnswer,
  ServerAnswer,
  UserAnswer,
} from './answers.ts'
import {
  type NewPanelUser,
  type NewServer,
  type Panel,
  PanelError,
  type PanelUser,
} from './panel.ts'
import { openTransport, type Transport, type TransportOptions } from './transport.ts'

/**
 * The panel may wait 15 s for the node to take a server and, if that fails, as long again for the
 * node to drop it, so a create that looks dead may still be under way.
 */
const CREATE_TIMEOUT_MS = 60_000

/** Speaks Pterodactyl's application API, 1.10 and later, with an application key (`ptla_…`). */
export function createPterodactyl(options: TransportOptions): Panel {
  const transport = openTransport(options)
  return {
    listRegions: () => transport.getAll('listRegions', '/locations', LocationAnswer),
    listNodes: () => transport.getAll('listNodes', '/nodes?include=location', NodeAnswer),
    listAllocations: async (nodeId, { free = false } = {}) =>
      await transport.getAll('listAllocations', allocationsPath(nodeId, free), AllocationAnswer),
    listEggs: async () => {
      const nests = await transport.getAll('listEggs', '/nests', NestAnswer)
      return (await Promise.all(nests.map((nest) => listEggsOf(transport, nest)))).flat()
    },
    findEgg: async ({ nestName, eggName }) => {
      const nests = await transport.getAll('findEgg', '/nests', NestAnswer)
      const nest = nests.find((nest) => nest.name === nestName)
      if (!nest) return undefined
      return (await listEggsOf(transport, nest)).find((egg) => egg.name === eggName)
    },

    findUser: (externalId) =>
      orMissing(async () => {
        const path = `/users/external/${encodeExternalId(externalId)}`
        return await transport.get({ op: 'findUser', path, answer: UserItem })
      }),
    createUser: async (user) =>
      await transport.send({
        op: 'createUser',
        method: 'POST',
        path: '/users',
        body: userBody(user),
        answer: UserItem,
      }),
    updateUser: async (user, changes) =>
      await transport.send({
        op: 'updateUser',
        method: 'PATCH',
        path: `/users/${numericId(user.id)}`,
        body: changedUserBody(user, changes),
        answer: UserItem,
      }),

    findServer: (externalId, { yields } = {}) =>
      orMissing(async () => {
        const path = `/servers/external/${encodeExternalId(externalId)}?include=allocations`
        return await transport.get({ op: 'findServer', path, answer: ServerItem, yields })
      }),
    getServer: (id) =>
      orMissing(async () => {
        const path = `/servers/${numericId(id)}?include=allocations`
        return await transport.get({ op: 'getServer', path, answer: ServerItem })
      }),
    listServers: () =>
      transport.getAll('listServers', '/servers?include=allocations', ServerAnswer),
    createServer: async (server) =>
      await transport.send({
        op: 'createServer',
        method: 'POST',
        path: '/servers?include=allocations',
        body: serverBody(server),
        answer: ServerItem,
        timeoutMs: CREATE_TIMEOUT_MS,
      }),
    suspendServer: (id) => turn(transport, id, 'suspend'),
    unsuspendServer: (id) => turn(transport, id, 'unsuspend'),
    deleteServer: (id) =>
      transport.send({
        op: 'deleteServer',
        method: 'DELETE',
        path: `/servers/${numericId(id)}`,
        answer: z.undefined(),
      }),
  }
}

function turn(transport: Transport, id: number, to: 'suspend' | 'unsuspend'): Promise<void> {
  return transport.send({
    op: `${to}Server`,
    method: 'POST',
    path: `/servers/${numericId(id)}/${to}`,
    answer: z.undefined(),
  })
}

const UserItem = itemOf(UserAnswer)
const ServerItem = itemOf(ServerAnswer)

function allocationsPath(nodeId: number, free: boolean): string {
  const path = `/nodes/${numericId(nodeId)}/allocations`
  // The panel reads 0 as "those without a server".
  return free ? `${path}?filter[server_id]=0` : path
}

async function listEggsOf(transport: Transport, nest: { id: number; name: string }) {
  const path = `/nests/${nest.id}/eggs?include=variables`
  const { data } = await transport.get({ op: 'listEggs', path, answer: listOf(EggAnswer) })
  return data.map((egg) => ({ ...egg, nestName: nest.name }))
}

async function orMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof PanelError && error.kind === 'missing') return undefined
    throw error
  }
}

/** A `/` or a trailing blank would name another route or another row. */
function encodeExternalId(externalId: string): string {
  return encodeURIComponent(ExternalId.parse(externalId))
}

const ExternalId = z.string().regex(/^[a-z0-9_-]+$/i).max(191)

function numericId(id: number): number {
  return z.int().positive().parse(id)
}

function userBody(user: NewPanelUser) {
  return {
    external_id: ExternalId.parse(user.externalId),
    email: user.email,
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
  }
}

/** A full write: what is required goes along unchanged; the external id and the role stay when left out. */
function changedUserBody(user: PanelUser, changes: { email?: string; password?: string }) {
  if (user.rootAdmin) {
    throw new TypeError(`Cannot change the panel user as it is an administrator: ${user.id}`)
  }
  return {
    email: user.email,
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
    ...changes,
  }
}

/**
 * Names an allocation instead of asking for `deploy`, which would choose a node by counts taken
 * without a lock and so sell a node twice.
 */
function serverBody(server: NewServer) {
  return {
    external_id: ExternalId.parse(server.externalId),
    name: server.name,
    user: server.userId,
    egg: server.eggId,
    docker_image: server.dockerImage,
    startup: server.startup,
    environment: server.environment,
    limits: {
      memory: server.limits.memoryMib,
      swap: 0,
      disk: server.limits.diskMib,
      io: 500,
      cpu: server.limits.cpuPercent,
    },
    feature_limits: server.featureLimits,
    allocation: { default: server.allocationId },
    // The panel's own default, true, lets a server out of memory hang instead of being restarted.
    oom_disabled: false,
    start_on_completion: true,
  }
}
