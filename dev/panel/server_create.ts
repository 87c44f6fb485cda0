import { drawAllocation, noViableAllocation, noViableNode, viableNodes } from './deployment.ts'
import { Input } from './input.ts'
import type { Allocation, Egg, Server } from './model.ts'
import { newUuid, type PanelApp, timestamp } from './panel.ts'
import { deleteServer } from './server_actions.ts'
import { readEnvironment } from './server_environment.ts'
import { refuseLostRace } from './server_races.ts'
import * as serverRules from './server_rules.ts'
import type { PanelStore } from './store.ts'
import { type Check, exists, type RuleSet, validate } from './validation.ts'

/**
 * The panel's order of work, which decides what a caller sees first: fields, then room, then the
 * egg's variables, then the row, and only then the node. When the node fails nothing remains. None of
 * it ends when the caller goes away.
 */
export async function createServer(panel: PanelApp, body: unknown): Promise<Server> {
  const { store, timing } = panel
  const input = new Input(body)
  validate(body, createRules(store, input))
  const fault = panel.faults.strike('create', { service: 'panel' })?.fault
  if (fault?.name === 'node-full') {
    throw fault.of === 'ports' ? noViableAllocation() : noViableNode()
  }
  const allocation = chooseAllocation(panel, input)
  const egg = store.eggs.get(input.id('egg'))
  const environment = readEnvironment(store, egg, input)
  await timing.startingLine?.arrive()
  refuseLostRace(panel, {
    externalId: input.text('external_id'),
    allocationId: allocation.id,
    ordered: fault?.name === 'lost-race' ? fault.field : undefined,
  })
  const server = insertServer(panel, { input, egg, allocation, environment })
  for (const row of [allocation, ...additionalAllocations(store, input)]) row.serverId = server.id
  await tellNode(panel, server)
  const startOnCompletion = input.flag('start_on_completion', false)
  panel.wings.startInstall(server, { now: panel.now(), again: false, startOnCompletion })
  if (fault?.name === 'roll-back') {
    panel.rollBacks.set(server, panel.now().getTime() + fault.seconds * 1000)
  }
  return server
}

/** Takes back the servers whose time has come; true if there were any. */
export async function rollBack(panel: PanelApp): Promise<boolean> {
  const now = panel.now().getTime()
  const due = [...panel.rollBacks].filter(([, at]) => at <= now).map(([server]) => server)
  for (const server of due) {
    panel.rollBacks.delete(server)
    await deleteServer(panel, server, { force: true })
  }
  return due.length > 0
}

/** The row is there and can be read while the node takes its time. */
async function tellNode(panel: PanelApp, server: Server): Promise<void> {
  const { heldNode } = panel.timing
  try {
    await heldNode?.wait()
    await panel.wings.call('create', server)
  } catch (failure) {
    await deleteServer(panel, server, { force: true })
    throw failure
  }
}

function createRules(store: PanelStore, input: Input): RuleSet {
  const { memory, swap, disk, io, cpu } = serverRules.limits
  return {
    external_id: serverRules.externalId(store),
    name: ['required|string|min:1|max:191'],
    description: ['nullable|string'],
    user: serverRules.owner(store),
    egg: serverRules.egg(store),
    docker_image: [serverRules.image],
    startup: ['required|string'],
    environment: ['present|array'],
    skip_scripts: ['boolean'],
    oom_disabled: ['boolean'],
    limits: ['required|array'],
    'limits.memory': [`required|${memory}`],
    'limits.swap': [`required|${swap}`],
    'limits.disk': [`required|${disk}`],
    'limits.io': [`required|${io}`],
    'limits.threads': ['nullable|regex:/^[0-9-,]+$/'],
    'limits.cpu': [`required|${cpu}`],
    ...serverRules.featureLimits,
    ...(input.isEmpty('deploy') && allocationRules(store)),
    deploy: ['sometimes|required|array'],
    'deploy.locations': [input.isEmpty('deploy') ? 'array' : 'present|array'],
    'deploy.locations.*': ['integer|min:1'],
    'deploy.dedicated_ip': ['required_with:deploy,boolean'],
    'deploy.port_range': [input.isEmpty('deploy') ? 'array' : 'present|array'],
    'deploy.port_range.*': ['string'],
    start_on_completion: ['boolean'],
  }
}

function allocationRules(store: PanelStore): RuleSet {
  const isFree: Check = exists((value) => store.allocations.find(Number(value))?.serverId === null)
  return {
    'allocation.default': ['required|integer', isFree],
    'allocation.additional.*': ['integer', isFree],
  }
}

/** Room is looked at only here: with a named allocation the panel checks nothing. */
function chooseAllocation({ store, random }: PanelApp, input: Input): Allocation {
  if (input.isEmpty('deploy')) return store.allocations.get(input.number('allocation.default') ?? 0)
  const nodes = viableNodes(store, {
    memory: input.number('limits.memory') ?? 0,
    disk: input.number('limits.disk') ?? 0,
    locationIds: input.list('deploy.locations').map(Number),
  })
  const ports = input.list('deploy.port_range').map(String)
  return drawAllocation(store, { nodes, ports, dedicatedIp: isTruthy(input) }, random)
}

/** A text counts as yes, as in PHP, unless it is `0`. */
function isTruthy(input: Input): boolean {
  const value = input.value('deploy.dedicated_ip')
  return Boolean(value) && value !== '0'
}

function insertServer(
  panel: PanelApp,
  { input, egg, allocation, environment }: {
    input: Input
    egg: Egg
    allocation: Allocation
    environment: Record<string, string>
  },
): Server {
  const at = timestamp(panel)
  return panel.store.servers.insert((id) => ({
    id,
    externalId: input.text('external_id'),
    uuid: newUuid(panel),
    name: input.text('name') ?? '',
    description: input.text('description') ?? '',
    status: 'installing',
    skipScripts: input.flag('skip_scripts', false),
    memory: input.integer('limits.memory') ?? 0,
    swap: input.integer('limits.swap') ?? 0,
    disk: input.integer('limits.disk') ?? 0,
    io: input.integer('limits.io') ?? 0,
    cpu: input.integer('limits.cpu') ?? 0,
    threads: input.text('limits.threads'),
    oomDisabled: input.flag('oom_disabled', true),
    databaseLimit: input.integer('feature_limits.databases') ?? 0,
    allocationLimit: input.integer('feature_limits.allocations') ?? 0,
    backupLimit: input.integer('feature_limits.backups') ?? 0,
    ownerId: input.integer('user') ?? 0,
    nodeId: allocation.nodeId,
    allocationId: allocation.id,
    nestId: egg.nestId,
    eggId: egg.id,
    startup: input.text('startup') ?? '',
    image: input.text('docker_image') ?? '',
    environment,
    install: null,
    createdAt: at,
    updatedAt: at,
  }))
}

/** Beside `deploy` these are not validated and may belong to another server: a trap of the panel. */
function additionalAllocations(store: PanelStore, input: Input): Allocation[] {
  return input.list('allocation.additional').flatMap((id) =>
    store.allocations.find(Number(id)) ?? []
  )
}
