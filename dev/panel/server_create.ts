import type { FaultAt } from '../faults/vocabulary.ts'
import { drawAllocation, noAllocation, noNode, viableNodes } from './deployment.ts'
import { PanelFailure } from './failure.ts'
import { Input } from './input.ts'
import type { Allocation, Egg, Server } from './model.ts'
import { newUuid, type PanelApp, timestamp } from './panel.ts'
import type { PanelStore } from './store.ts'
import { same } from './text.ts'
import { type Check, exists, type RuleSet, unique, validate } from './validation.ts'

/**
 * The panel's order of work, which decides what a caller sees first: fields, then room, then the
 * egg's variables, then the row, and only then the node. When the node fails nothing remains.
 */
export function createServer(panel: PanelApp, body: unknown): Server {
  const { store, wings } = panel
  const input = new Input(body)
  validate(body, createRules(store, input))
  const fault = panel.faults.strike('create', { service: 'panel' })?.fault
  if (fault?.name === 'node-full') throw fault.of === 'ports' ? noAllocation() : noNode()
  const allocation = chooseAllocation(panel, input)
  const egg = store.eggs.get(input.number('egg') ?? 0)
  validateEnvironment(store, egg, input)
  if (fault?.name === 'lost-race') throw lostRace(fault)
  const server = insertServer(panel, { input, egg, allocation })
  const taken = [allocation, ...additionalAllocations(store, input)]
  for (const row of taken) row.serverId = server.id
  try {
    wings.call('create')
  } catch (failure) {
    for (const row of taken) row.serverId = null
    store.servers.remove(server)
    throw failure
  }
  const skipScripts = input.flag('skip_scripts', false)
  wings.startInstall(server, { now: panel.now(), again: false, skipScripts })
  if (fault?.name === 'roll-back') {
    panel.rollBacks.set(server, panel.now().getTime() + fault.seconds * 1000)
  }
  return server
}

/** Takes back the servers whose time has come; true if there were any. */
export function rollBack({ store, rollBacks, now }: PanelApp): boolean {
  const due = [...rollBacks].filter(([, at]) => at <= now().getTime()).map(([server]) => server)
  for (const server of due) {
    rollBacks.delete(server)
    for (const row of store.allocations.rows) if (row.serverId === server.id) row.serverId = null
    store.servers.remove(server)
  }
  return due.length > 0
}

function createRules(store: PanelStore, input: Input): RuleSet {
  return {
    external_id: [
      'nullable|string|between:1,191',
      unique((value) => store.servers.rows.some((row) => same(row.externalId, value))),
    ],
    name: ['required|string|between:1,191'],
    description: ['nullable|string'],
    user: ['required|integer', exists((value) => store.users.find(Number(value)) !== undefined)],
    egg: ['required|integer', exists((value) => store.eggs.find(Number(value)) !== undefined)],
    docker_image: ['required|string|max:191|regex:/^[\\w.\\/\\-:@ ]*$/'],
    startup: ['required|string'],
    environment: ['present|array'],
    skip_scripts: ['boolean'],
    oom_disabled: ['boolean'],
    limits: ['required|array'],
    'limits.memory': ['required|numeric|min:0'],
    'limits.swap': ['required|numeric|min:-1'],
    'limits.disk': ['required|numeric|min:0'],
    'limits.io': ['required|numeric|between:10,1000'],
    'limits.threads': ['nullable|regex:/^[0-9-,]+$/'],
    'limits.cpu': ['required|numeric|min:0'],
    feature_limits: ['required|array'],
    'feature_limits.databases': ['present|nullable|integer|min:0'],
    'feature_limits.allocations': ['nullable|integer|min:0'],
    'feature_limits.backups': ['present|nullable|integer|min:0'],
    start_on_completion: ['boolean'],
    ...(input.isEmpty('deploy') ? allocationRules(store) : deployRules),
  }
}

function allocationRules(store: PanelStore): RuleSet {
  const isFree: Check = exists((value) => store.allocations.find(Number(value))?.serverId === null)
  return {
    'allocation.default': ['required|integer', isFree],
    'allocation.additional.*': ['integer', isFree],
  }
}

const deployRules: RuleSet = {
  'deploy.locations': ['present|array'],
  'deploy.locations.*': ['integer|min:1'],
  'deploy.dedicated_ip': ['required'],
  'deploy.port_range': ['present|array'],
  'deploy.port_range.*': ['string'],
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
  const dedicatedIp = Boolean(input.value('deploy.dedicated_ip'))
  return drawAllocation(store, { nodes, ports, dedicatedIp }, random)
}

/** Hidden variables are checked too, defaults are not filled in, and what is missing counts as null. */
function validateEnvironment(store: PanelStore, egg: Egg, input: Input): void {
  const variables = variablesOf(store, egg)
  const environment = Object.fromEntries(
    variables.map(({ envVariable }) => [envVariable, input.value(`environment.${envVariable}`)]),
  )
  const rules: RuleSet = Object.fromEntries(
    variables.map(({ envVariable, rules }) => [`environment.${envVariable}`, [rules]]),
  )
  const labels = Object.fromEntries(
    variables.map(({ envVariable, name }) => [`environment.${envVariable}`, `${name} variable`]),
  )
  validate({ environment }, rules, labels)
}

function insertServer(
  panel: PanelApp,
  { input, egg, allocation }: { input: Input; egg: Egg; allocation: Allocation },
): Server {
  const at = timestamp(panel)
  return panel.store.servers.insert((id) => ({
    id,
    externalId: input.text('external_id'),
    uuid: newUuid(panel),
    name: input.text('name') ?? '',
    description: input.text('description') ?? '',
    status: 'installing',
    memory: input.number('limits.memory') ?? 0,
    swap: input.number('limits.swap') ?? 0,
    disk: input.number('limits.disk') ?? 0,
    io: input.number('limits.io') ?? 0,
    cpu: input.number('limits.cpu') ?? 0,
    threads: input.text('limits.threads'),
    oomDisabled: input.flag('oom_disabled', true),
    databaseLimit: input.number('feature_limits.databases') ?? 0,
    allocationLimit: input.number('feature_limits.allocations') ?? 0,
    backupLimit: input.number('feature_limits.backups') ?? 0,
    ownerId: input.number('user') ?? 0,
    nodeId: allocation.nodeId,
    allocationId: allocation.id,
    nestId: egg.nestId,
    eggId: egg.id,
    startup: input.text('startup') ?? '',
    image: input.text('docker_image') ?? '',
    environment: Object.fromEntries(
      variablesOf(panel.store, egg).map((
        { envVariable },
      ) => [envVariable, phpText(input.value(`environment.${envVariable}`))]),
    ),
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

function variablesOf(store: PanelStore, egg: Egg) {
  return store.variables.rows.filter((row) => row.eggId === egg.id)
}

function phpText(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : ''
  return String(value ?? '')
}

/** What the loser of a race is told: its request was valid, but another row came first. */
function lostRace({ field }: FaultAt<'create'> & { name: 'lost-race' }): PanelFailure {
  const label = field.replaceAll('_', ' ')
  const failed = JSON.stringify({ [field]: [`The ${label} has already been taken.`] })
  return new PanelFailure(
    500,
    'DataValidationException',
    `Could not save Pterodactyl\\Models\\Server[]: failed to validate data: ${failed}`,
  )
}
