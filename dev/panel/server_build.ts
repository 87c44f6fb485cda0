import { refused } from './failure.ts'
import { Input } from './input.ts'
import type { Server } from './model.ts'
import { change, type PanelApp } from './panel.ts'
import * as serverRules from './server_rules.ts'
import type { PanelStore } from './store.ts'
import { idOf } from './text.ts'
import { exists, type RuleSet, unique, validate } from './validation.ts'

/** Checks no capacity, and succeeds even when the node is away: limits then apply at the next boot. */
export async function changeBuild(panel: PanelApp, server: Server, body: unknown): Promise<void> {
  validate(body, buildRules(panel.store, server), labels)
  const input = new Input(body)
  const columns = buildColumns(server, input)
  const allocationId = moveAllocations(panel.store, server, input)
  change(panel, server, { ...columns, allocationId })
  try {
    await panel.wings.call('sync', server)
  } catch {
    // The panel writes it to its log, and nobody is told.
  }
}

const labels = {
  'feature_limits.databases': 'Database Limit',
  'feature_limits.allocations': 'Allocation Limit',
  'feature_limits.backups': 'Backup Limit',
  add_allocations: 'allocations to add',
  remove_allocations: 'allocations to remove',
  'add_allocations.*': 'allocation to add',
  'remove_allocations.*': 'allocation to remove',
}

/** The limits stand in `limits`, or beside it as in old versions of the API. */
function buildRules(store: PanelStore, server: Server): RuleSet {
  const others = store.servers.rows.filter((row) => row !== server)
  return {
    allocation: [
      'required',
      unique((value) => others.some((row) => row.allocationId === idOf(String(value)))),
      exists((value) => store.allocations.find(idOf(String(value))) !== undefined),
    ],
    oom_disabled: ['boolean'],
    limits: ['array'],
    ...limitRules('limits.', 'required_with:limits'),
    ...limitRules('', 'required_without:limits'),
    add_allocations: ['array'],
    'add_allocations.*': ['integer'],
    remove_allocations: ['array'],
    'remove_allocations.*': ['integer'],
    ...serverRules.featureLimits,
  }
}

function limitRules(prefix: string, needed: string): RuleSet {
  return {
    ...Object.fromEntries(
      Object.entries(serverRules.limits).map(([name, rules]): [string, RuleSet[string]] => {
        return [prefix + name, [`${needed}|${rules}`]]
      }),
    ),
    [`${prefix}threads`]: ['nullable|regex:/^[0-9-,]+$/'],
  }
}

function buildColumns(server: Server, input: Input) {
  const prefix = input.isEmpty('limits') ? '' : 'limits.'
  const limit = (name: string) => input.integer(prefix + name) ?? 0
  const threads = `${prefix}threads`
  return {
    memory: limit('memory'),
    swap: limit('swap'),
    disk: limit('disk'),
    io: limit('io'),
    cpu: limit('cpu'),
    threads: input.has(threads) ? input.text(threads) : server.threads,
    oomDisabled: input.flag('oom_disabled', server.oomDisabled),
    databaseLimit: input.integer('feature_limits.databases'),
    allocationLimit: input.integer('feature_limits.allocations'),
    backupLimit: input.integer('feature_limits.backups') ?? 0,
  }
}

/**
 * Only free ports of the same node are added and only own ones removed; others are skipped silently.
 * The first one added steps in for a default that is removed. Returns the new default.
 */
function moveAllocations(store: PanelStore, server: Server, input: Input): number {
  const idsOf = (field: string) => input.list(field).map(Number)
  const asked = input.id('allocation')
  const additions = idsOf('add_allocations')
  const removals = idsOf('remove_allocations')
  const ofNode = store.allocations.rows.filter((row) => row.nodeId === server.nodeId)
  const added = ofNode.filter((row) => row.serverId === null && additions.includes(row.id))
  const removed = ofNode.filter((row) =>
    row.serverId === server.id && removals.includes(row.id) && !additions.includes(row.id)
  )
  const chosen = removals.includes(asked) ? added[0]?.id : asked
  if (chosen === undefined) {
    throw refused(
      'You are attempting to delete the default allocation for this server but there is no ' +
        'fallback allocation to use.',
    )
  }
  const owned = ofNode.filter((row) => row.serverId === server.id && !removed.includes(row))
  if (chosen !== server.allocationId && ![...owned, ...added].some((row) => row.id === chosen)) {
    throw refused('The requested default allocation is not currently assigned to this server.')
  }
  for (const row of added) Object.assign(row, { serverId: server.id, notes: null })
  for (const row of removed) Object.assign(row, { serverId: null, notes: null })
  return chosen
}
