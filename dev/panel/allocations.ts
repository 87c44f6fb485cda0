import { Hono } from 'hono'
import { allowRow } from './access.ts'
import { refused } from './failure.ts'
import { Input } from './input.ts'
import { pageOf } from './lists.ts'
import type { Allocation } from './model.ts'
import { type Item, nullResource, withIncludes } from './objects.ts'
import type { Call, PanelEnv } from './panel.ts'
import { allocationItem, nodeItem, serverItem } from './transformers.ts'
import { validate } from './validation.ts'

const node = allowRow('allocations', ({ store }, param) => store.nodes.find(Number(param('node'))))

export const allocations = new Hono<PanelEnv>()
  .get('/nodes/:node/allocations', node, (c) => {
    const rows = c.env.store.allocations.rows.filter((row) => row.nodeId === c.var.row.id)
    return c.json(pageOf(c, rows, {
      filters: {
        ip: (row) => (value) => row.ip === value,
        port: (row) => (value) => String(row.port) === value,
        ip_alias: (row) => row.alias,
        server_id: (row) => (value) => row.serverId === ownerAsked(value),
      },
      item: (row) => withRelations(c, row),
    }))
  })
  .post('/nodes/:node/allocations', node, (c) => {
    validate(c.var.body, {
      ip: ['required|string'],
      alias: ['nullable|string|max:191'],
      ports: ['required|array'],
      'ports.*': ['string'],
    })
    const input = new Input(c.var.body)
    const ip = input.text('ip') ?? ''
    const alias = input.text('alias')
    for (const port of input.list('ports').flatMap((ports) => parsePorts(String(ports)))) {
      addAllocation(c.env.store.allocations, { nodeId: c.var.row.id, ip, alias, port })
    }
    return c.body(null, 204)
  })

/** Anything but the id of a server means "free ones only". */
function ownerAsked(value: string): number | null {
  return /^[1-9]\d*$/.test(value) ? Number(value) : null
}

function withRelations(c: Call, row: Allocation): Item {
  const { store } = c.env
  return withIncludes(c, allocationItem(row), {
    node: ['nodes', () => nodeItem(store, store.nodes.get(row.nodeId))],
    server: [
      'servers',
      () =>
        row.serverId === null ? nullResource : serverItem(store, store.servers.get(row.serverId)),
    ],
  })
}

function parsePorts(text: string): number[] {
  const [, low, high] = /^(\d{1,5})(?:-(\d{4,5}))?$/.exec(text) ?? []
  if (low === undefined) {
    throw refused(
      `The mapping provided for ${text} was invalid and could not be processed.`,
      'InvalidPortMappingException',
    )
  }
  const [first, last] = [Number(low), Number(high ?? low)]
  if (first <= 1024 || last > 65535) {
    throw refused(
      'Ports in an allocation must be greater than 1024 and less than or equal to 65535.',
      'PortOutOfRangeException',
    )
  }
  if (last - first > 1000) {
    throw refused(
      'Adding more than 1000 ports in a single range at once is not supported.',
      'TooManyPortsInRangeException',
    )
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** A pair of address and port that is there already is left as it is. */
function addAllocation(
  table: { rows: Allocation[]; insert(make: (id: number) => Allocation): Allocation },
  wanted: Pick<Allocation, 'nodeId' | 'ip' | 'alias' | 'port'>,
): void {
  const { nodeId, ip, port } = wanted
  if (table.rows.some((row) => row.nodeId === nodeId && row.ip === ip && row.port === port)) return
  table.insert((id) => ({ id, ...wanted, serverId: null }))
}
