import { refused } from './failure.ts'
import type { Allocation, Node } from './model.ts'
import type { PanelStore } from './store.ts'
import { usedOn } from './transformers.ts'

export interface Demand {
  memory: number
  disk: number
  /** Empty: any. */
  locationIds: number[]
}

/**
 * The nodes that automatic deployment may use. Looks at neither maintenance nor CPU nor free ports,
 * and reads an overallocation of -1 as one percent less: the panel does.
 */
export function viableNodes(store: PanelStore, { memory, disk, locationIds }: Demand): Node[] {
  const found = store.nodes.rows.filter((node) => {
    const used = usedOn(store, node)
    return node.public &&
      (locationIds.length === 0 || locationIds.includes(node.locationId)) &&
      used.memory + memory <= node.memory * (1 + node.memoryOverallocate / 100) &&
      used.disk + disk <= node.disk * (1 + node.diskOverallocate / 100)
  })
  if (found.length === 0) throw noViableNode()
  return found
}

export function noViableNode() {
  return refused(
    'No nodes satisfying the requirements specified for automatic deployment could be found.',
    'NoViableNodeException',
  )
}

export interface PortWish {
  nodes: Node[]
  /** Ports and ranges such as `27000-27005`; what is neither is ignored, and none at all means any. */
  ports: string[]
  dedicatedIp: boolean
}

/** One random free allocation: two calls at once may draw the same. */
export function drawAllocation(
  store: PanelStore,
  { nodes, ports, dedicatedIp }: PortWish,
  random: () => number,
): Allocation {
  const ranges = ports.flatMap(parseRange)
  const free = store.allocations.rows.filter((row) =>
    row.serverId === null &&
    nodes.some((node) => node.id === row.nodeId) &&
    (ranges.length === 0 || ranges.some(([low, high]) => row.port >= low && row.port <= high)) &&
    !(dedicatedIp && isShared(store, row))
  )
  const drawn = free[Math.floor(random() * free.length)]
  if (drawn) return drawn
  throw noViableAllocation()
}

export function noViableAllocation() {
  return refused(
    'No allocations satisfying the requirements for automatic deployment were found.',
    'NoViableAllocationException',
  )
}

function parseRange(text: string): [number, number][] {
  if (/^\d+$/.test(text)) return [[Number(text), Number(text)]]
  const [, low, high] = /^(\d{4,5})-(\d{4,5})$/.exec(text) ?? []
  if (low === undefined) return []
  if (Math.abs(Number(high) - Number(low)) > 1000) {
    throw refused('Adding more than 1000 ports in a single range at once is not supported.')
  }
  return [[Number(low), Number(high)]]
}

function isShared(store: PanelStore, allocation: Allocation): boolean {
  const { nodeId, ip } = allocation
  return store.allocations.rows.some((row) =>
    row.nodeId === nodeId && row.ip === ip && row.serverId !== null
  )
}
