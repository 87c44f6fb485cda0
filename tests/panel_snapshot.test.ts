import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { applyCatalogue } from '../api/plans/apply.ts'
import { holdWhereItIs } from '../api/checkout/capacity.ts'
import { insertServer } from '../api/servers/store.ts'
import { snapshotPanel } from '../api/plans/snapshot.ts'
import { listRoom } from '../api/plans/store.ts'
import { type CatalogueFixture, startCatalogueFixture } from './support/catalogue.ts'

let it: CatalogueFixture
beforeAll(async () => void (it = await startCatalogueFixture()))
beforeEach(async () => {
  await it.reset()
  for (const region of it.catalogue.regions) region.nodeCpuPercent = 1600
  await applyCatalogue(it.catalogue, it.target)
})
afterAll(() => it.stop())

interface NodeRow {
  regionId: string
  sellable: number
  limits: string
  foreign: string
  held: string
}

/** Each amount as `memory/disk/cpu/ports`. */
async function nodeNamed(name: string): Promise<NodeRow | undefined> {
  const amounts = (kind: string) =>
    `CONCAT_WS('/', memory_mib_${kind}, disk_mib_${kind}, cpu_percent_${kind}, ports_${kind})`
  const [row] = await it.db.query<NodeRow>(
    `SELECT region_id AS regionId, sellable, ${amounts('limit')} AS \`limits\`,
       ${amounts('foreign')} AS \`foreign\`, ${amounts('held')} AS held
      FROM panel_nodes WHERE name = ?`,
    [name],
  )
  return row
}

function snapshot() {
  return snapshotPanel(it.db, it.target.panel, it.target)
}

function panelNode(name: string) {
  const node = it.panel.store.nodes.rows.find((node) => node.name === name)
  if (!node) throw new Error(`no node ${name} at the panel`)
  return node
}

async function createServer(externalId: string, cpuPercent = 200): Promise<void> {
  const { panel } = it.target
  const egg = await panel.findEgg({ nestName: 'Minecraft', eggName: 'Vanilla Minecraft' })
  const [port] = await panel.listAllocations(panelNode('fra-1').id, { free: true })
  await panel.createServer({
    externalId,
    name: externalId,
    userId: 1,
    eggId: egg?.id ?? 0,
    allocationId: port?.id ?? 0,
    dockerImage: 'ghcr.io/pterodactyl/yolks:java_21',
    startup: 'java',
    environment: { SERVER_JARFILE: 'server.jar', VANILLA_VERSION: 'latest' },
    limits: { memoryMib: 3000, diskMib: 5000, cpuPercent },
    featureLimits: { databases: 0, backups: 0, allocations: 0 },
  })
}

test('snapshotPanel() knows what each node can hold, and where it stands', async () => {
  expect(await nodeNamed('fra-1')).toEqual({
    regionId: 'frankfurt',
    sellable: 1,
    limits: '65536/921600/1600/64',
    foreign: '0/0/0/0',
    held: '0/0/0/0',
  })
  expect(await nodeNamed('sin-1')).toMatchObject({ regionId: 'singapore', sellable: 1 })
})

test('snapshotPanel() counts as taken what no hold of ours covers', async () => {
  await createServer('othershop-srv_1')
  await createServer('another-thing')
  await createServer(`${it.target.shopId}-srv_1`)
  await createServer(`${it.target.shopId}x-srv_2`, 0)
  await holdFor('srv_1', panelNode('fra-1').id, 2000)
  await snapshot()
  expect(await nodeNamed('fra-1')).toMatchObject({ foreign: '10000/15000/400/3' })
  await it.db.run('UPDATE capacity_holds SET released_at = {now}')
  await snapshot()
  expect(await nodeNamed('fra-1')).toMatchObject({ foreign: '12000/20000/600/4' })
})

/** A server of ours with an open hold, of less memory than the panel gave it. */
async function holdFor(serverId: string, nodeId: number, memoryMib: number): Promise<void> {
  const need = { memoryMib, diskMib: 5000, cpuPercent: 200, ports: 1 }
  await insertServer(it.db, {
    id: serverId,
    orderId: 'ord_1',
    userId: 'usr_1',
    name: 'x',
    nodeId,
  })
  await holdWhereItIs(it.db, { orderId: 'ord_1', nodeId, need })
}

test('snapshotPanel() adds over-allocation as the panel does, -1 is a percent less', async () => {
  Object.assign(panelNode('fra-1'), { memoryOverallocate: 25, diskOverallocate: -1 })
  await snapshot()
  expect(await nodeNamed('fra-1')).toMatchObject({ limits: '81920/912384/1600/64' })
})

test('snapshotPanel() sells on no node that is private, in maintenance or gone', async () => {
  expect((await nodeNamed('fra-2'))?.sellable).toBe(0)
  it.panel.setMaintenance(panelNode('fra-2').id, false)
  panelNode('nyc-1').public = false
  it.panel.setMaintenance(panelNode('sin-1').id, true)
  await snapshot()
  expect((await nodeNamed('fra-2'))?.sellable).toBe(1)
  expect((await nodeNamed('nyc-1'))?.sellable).toBe(0)
  expect((await nodeNamed('sin-1'))?.sellable).toBe(0)

  it.panel.store.nodes.remove(panelNode('fra-2'))
  await snapshot()
  expect((await nodeNamed('fra-2'))?.sellable).toBe(0)
})

test('snapshotPanel() never touches what is held', async () => {
  await it.db.run(
    `UPDATE panel_nodes SET memory_mib_held = 1, disk_mib_held = 2, cpu_percent_held = 3,
       ports_held = 4 WHERE name = 'fra-1'`,
  )
  await createServer('othershop-srv_1')
  await snapshot()
  expect(await nodeNamed('fra-1')).toMatchObject({ held: '1/2/3/4', foreign: '3000/5000/200/1' })
})

test('snapshotPanel() changes nothing when the panel cannot be read', async () => {
  const before = await it.db.query('SELECT * FROM panel_nodes')
  it.panel.store.keys.rows.forEach((key) => key.permissions = {})
  await expect(snapshot()).rejects.toMatchObject({ kind: 'configuration' })
  expect(await it.db.query('SELECT * FROM panel_nodes')).toEqual(before)
  expect(await listRoom(it.db)).toHaveProperty('size', it.catalogue.plans.length)
})

test.each(['memory_mib', 'disk_mib', 'cpu_percent', 'ports'])(
  'listRoom() sees that %s is short, on the last free unit and not before',
  async (amount) => {
    const need = { memory_mib: 12288, disk_mib: 40960, cpu_percent: 400, ports: 1 }[amount] ?? 0
    const leave = (room: number) =>
      it.db.run(
        `UPDATE panel_nodes SET ${amount}_foreign = 7,
           ${amount}_held = ${amount}_limit - 7 - ? WHERE region_id = 'new-york'`,
        [room],
      )
    const hasRoom = async () => (await listRoom(it.db)).get('rust-12gb')?.has('new-york')
    await leave(need)
    expect(await hasRoom()).toBe(true)
    await leave(need - 1)
    expect(await hasRoom()).toBe(false)
  },
)
