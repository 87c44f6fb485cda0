import type { Need, ServerHold } from '../checkout/capacity.ts'
import type { Egg, Panel, PanelNode, PanelServer } from '../panel/panel.ts'

/** What the shop depends on at the panel. */
export interface PanelFacts {
  /** Short names of the locations. */
  locations: string[]
  /** The nodes that stand in a region of the shop. */
  nodes: NodeFacts[]
  eggs: Egg[]
}

export interface NodeFacts {
  id: number
  name: string
  regionId: string
  /** Public and not in maintenance: the panel itself would still create servers there. */
  sellable: boolean
  /** What may be promised on it, over-allocation included. */
  limit: Need
  /** What is taken there that no hold of ours covers: others' servers, and ours beyond their holds. */
  foreign: Need
}

/**
 * Reads the panel: about a call a node and a few more. Servers come before allocations, so that a
 * server of ours made in between counts once too often for a moment, never too seldom.
 */
export async function readPanel(
  panel: Panel,
  { shopId, regions, listHolds }: {
    shopId: string
    regions: { id: string; panelLocation: string; nodeCpuPercent: number }[]
    /** What is held for servers of ours; read after the panel's, as a hold comes before its server. */
    listHolds: () => Promise<ServerHold[]>
  },
): Promise<PanelFacts> {
  const servers = await panel.listServers()
  const holds = new Map((await listHolds()).map((hold) => [`${shopId}-${hold.serverId}`, hold]))
  const nodes: NodeFacts[] = []
  for (const node of await panel.listNodes()) {
    const region = regions.find((region) => region.panelLocation === node.locationShort)
    if (!region) continue
    const allocations = await panel.listAllocations(node.id)
    nodes.push({
      id: node.id,
      name: node.name,
      regionId: region.id,
      sellable: node.public && !node.maintenance,
      limit: {
        memoryMib: promised(node.memoryMib, node.memoryOverallocate),
        diskMib: promised(node.diskMib, node.diskOverallocate),
        cpuPercent: region.nodeCpuPercent,
        ports: allocations.length,
      },
      foreign: foreignUse(node, servers, {
        holds,
        assigned: allocations.filter((allocation) => allocation.assigned).length,
      }),
    })
  }
  return {
    locations: (await panel.listRegions()).map((location) => location.name),
    nodes,
    eggs: await panel.listEggs(),
  }
}

/** Eggs are known by their names, which outlive a re-import; ids do not. */
export function isEggOf(plan: { nestName: string; eggName: string }, egg: Egg): boolean {
  return egg.nestName === plan.nestName && egg.name === plan.eggName
}

/** As the panel counts: a total and the percent on top, where -1 is one percent less, not endless. */
function promised(total: number, overallocatePercent: number): number {
  return Math.floor(total * (100 + overallocatePercent) / 100)
}

function foreignUse(
  node: PanelNode,
  servers: PanelServer[],
  { holds, assigned }: { holds: Map<string, ServerHold>; assigned: number },
): Need {
  const here = servers.filter((server) => server.nodeId === node.id)
  const heldFor = (server: PanelServer) => {
    const hold = holds.get(server.externalId ?? '')
    return hold?.nodeId === node.id ? hold.need : undefined
  }
  const beyond = (amount: 'memoryMib' | 'diskMib' | 'cpuPercent') =>
    sum(here.map((server) => Math.max(0, server.limits[amount] - (heldFor(server)?.[amount] ?? 0))))
  return {
    memoryMib: beyond('memoryMib'),
    diskMib: beyond('diskMib'),
    cpuPercent: beyond('cpuPercent'),
    ports: Math.max(0, assigned - here.filter(heldFor).length),
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
