import { refused } from './failure.ts'
import { Input } from './input.ts'
import type { Server } from './model.ts'
import { type PanelApp, timestamp } from './panel.ts'
import { same } from './text.ts'
import { exists, type RuleSet, unique, validate } from './validation.ts'

/** A full write: an omitted external id is cut, an omitted description emptied. */
export function changeDetails(panel: PanelApp, server: Server, body: unknown): void {
  const { store } = panel
  const others = store.servers.rows.filter((row) => row !== server)
  validate(body, {
    external_id: [
      'nullable|string|between:1,191',
      unique((value) => others.some((row) => same(row.externalId, value))),
    ],
    name: ['required|string|between:1,191'],
    user: ['required|integer', exists((value) => store.users.find(Number(value)) !== undefined)],
    description: ['nullable|string'],
  })
  const input = new Input(body)
  server.externalId = input.text('external_id')
  server.name = input.text('name') ?? ''
  server.ownerId = input.number('user') ?? 0
  server.description = input.text('description') ?? ''
  server.updatedAt = timestamp(panel)
}

/** Checks no capacity, and succeeds even when the node is away: limits then apply at the next boot. */
export function changeBuild(panel: PanelApp, server: Server, body: unknown): void {
  const input = new Input(body)
  const nested = input.has('limits')
  validate(body, buildRules(panel, server, nested ? 'limits.' : ''), {
    'feature_limits.databases': 'Database Limit',
    'feature_limits.allocations': 'Allocation Limit',
    'feature_limits.backups': 'Backup Limit',
  })
  moveAllocations(panel, server, input)
  const limit = (name: string) => input.number(nested ? `limits.${name}` : name) ?? 0
  server.memory = limit('memory')
  server.swap = limit('swap')
  server.disk = limit('disk')
  server.io = limit('io')
  server.cpu = limit('cpu')
  const threads = nested ? 'limits.threads' : 'threads'
  if (input.has(threads)) server.threads = input.text(threads)
  server.oomDisabled = input.flag('oom_disabled', server.oomDisabled)
  server.databaseLimit = input.number('feature_limits.databases')
  server.allocationLimit = input.number('feature_limits.allocations')
  server.backupLimit = input.number('feature_limits.backups') ?? 0
  server.updatedAt = timestamp(panel)
}

function buildRules({ store }: PanelApp, server: Server, prefix: string): RuleSet {
  const others = store.servers.rows.filter((row) => row !== server)
  const needed = prefix === '' ? 'required_without:limits' : 'required'
  return {
    allocation: [
      'required|integer',
      unique((value) => others.some((row) => row.allocationId === Number(value))),
    ],
    [`${prefix}memory`]: [`${needed}|numeric|min:0`],
    [`${prefix}swap`]: [`${needed}|numeric|min:-1`],
    [`${prefix}io`]: [`${needed}|numeric|between:10,1000`],
    [`${prefix}cpu`]: [`${needed}|numeric|min:0`],
    [`${prefix}disk`]: [`${needed}|numeric|min:0`],
    [`${prefix}threads`]: ['nullable|regex:/^[0-9-,]+$/'],
    feature_limits: ['required|array'],
    'feature_limits.databases': ['present|nullable|integer|min:0'],
    'feature_limits.allocations': ['nullable|integer|min:0'],
    'feature_limits.backups': ['present|nullable|integer|min:0'],
    oom_disabled: ['boolean'],
    'add_allocations.*': ['integer'],
    'remove_allocations.*': ['integer'],
  }
}

/** Only free ports of the same node are added and only own ones removed; others are skipped silently. */
function moveAllocations({ store }: PanelApp, server: Server, input: Input): void {
  const chosen = store.allocations.find(input.number('allocation') ?? 0)
  const added = input.list('add_allocations').flatMap((id) => {
    const row = store.allocations.find(Number(id))
    return row && row.serverId === null && row.nodeId === server.nodeId ? [row] : []
  })
  const removed = input.list('remove_allocations').flatMap((id) => {
    const row = store.allocations.find(Number(id))
    return row && row.serverId === server.id ? [row] : []
  })
  if (removed.some((row) => row.id === server.allocationId) && added.length === 0) {
    throw refused(
      'You are attempting to delete the default allocation for this server but there is no ' +
        'fallback allocation to use.',
    )
  }
  const kept = chosen && (chosen.serverId === server.id || added.includes(chosen))
  if (!kept) {
    throw refused('The requested default allocation is not currently assigned to this server.')
  }
  for (const row of added) row.serverId = server.id
  for (const row of removed) row.serverId = null
  server.allocationId = removed.includes(chosen) ? added[0]?.id ?? chosen.id : chosen.id
}
