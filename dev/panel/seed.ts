import { resources } from './model.ts'
import { newToken, newUuid, type PanelApp, timestamp } from './panel.ts'
import { type StockEgg, stockNests } from './stock_eggs.ts'

/** A small host: three locations, four nodes, the games that the shipped catalogue sells. */
export function seedShop(panel: PanelApp): void {
  for (const [short, long, nodes] of places) {
    const at = timestamp(panel)
    const location = panel.store.locations.insert((id) => ({
      id,
      short,
      long,
      createdAt: at,
      updatedAt: at,
    }))
    for (const node of nodes) addNode(panel, location.id, node)
  }
  for (const [name, eggs] of Object.entries(stockNests)) addNest(panel, name, eggs)
}

/** Makes the key work, and with it the root admin who owns it; `ptlc_` keys are the admin's own. */
export function ensureKey(panel: PanelApp, token: string): void {
  const { store } = panel
  if (store.keys.rows.some((key) => key.token === token)) return
  const owner = store.users.rows.find((user) => user.rootAdmin) ?? addAdmin(panel)
  const all = Object.fromEntries(resources.map((resource) => [resource, READ_AND_WRITE]))
  const permissions = token.startsWith('ptlc_') ? null : all
  store.keys.insert((id) => ({
    id,
    token,
    ownerId: owner.id,
    permissions,
    description: 'Shop',
    createdAt: timestamp(panel),
  }))
}

/** Gives every node that has none the secret it shares with its daemon. */
export function ensureDaemonTokens(panel: PanelApp): void {
  for (const node of panel.store.nodes.rows) {
    node.daemonTokenId ||= newToken(panel, 16)
    node.daemonToken ||= newToken(panel, 64)
  }
}

const READ_AND_WRITE = 3
const GIB = 1024
const PORTS_PER_NODE = 64
const FIRST_PORT = 25565

interface SeedNode {
  name: string
  ip: string
  memoryGib: number
  diskGib: number
  maintenance?: boolean
}

const places: [short: string, long: string, nodes: SeedNode[]][] = [
  ['de-fra', 'Frankfurt, Germany', [
    { name: 'fra-1', ip: '203.0.113.10', memoryGib: 64, diskGib: 900 },
    { name: 'fra-2', ip: '203.0.113.11', memoryGib: 32, diskGib: 450, maintenance: true },
  ]],
  ['us-nyc', 'New York, USA', [
    { name: 'nyc-1', ip: '203.0.113.20', memoryGib: 48, diskGib: 700 },
  ]],
  ['sg-sin', 'Singapore', [
    { name: 'sin-1', ip: '203.0.113.30', memoryGib: 12, diskGib: 120 },
  ]],
]

function addAdmin(panel: PanelApp) {
  const at = timestamp(panel)
  return panel.store.users.insert((id) => ({
    id,
    uuid: newUuid(panel),
    externalId: null,
    username: 'billing',
    email: 'billing@example.com',
    firstName: 'Billing',
    lastName: 'Account',
    language: 'en',
    rootAdmin: true,
    password: null,
    createdAt: at,
    updatedAt: at,
  }))
}

function addNode(panel: PanelApp, locationId: number, seed: SeedNode): void {
  const at = timestamp(panel)
  const node = panel.store.nodes.insert((id) => ({
    id,
    uuid: newUuid(panel),
    public: true,
    name: seed.name,
    description: '',
    locationId,
    fqdn: `${seed.name}.example.com`,
    maintenance: seed.maintenance ?? false,
    memory: seed.memoryGib * GIB,
    memoryOverallocate: 0,
    disk: seed.diskGib * GIB,
    diskOverallocate: 0,
    daemonTokenId: '',
    daemonToken: '',
    createdAt: at,
    updatedAt: at,
  }))
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_PER_NODE; port++) {
    panel.store.allocations.insert((id) => ({
      id,
      nodeId: node.id,
      ip: seed.ip,
      alias: `play-${seed.name}.example.com`,
      port,
      serverId: null,
    }))
  }
}

function addNest(panel: PanelApp, name: string, eggs: StockEgg[]): void {
  const at = timestamp(panel)
  const nest = panel.store.nests.insert((id) => ({
    id,
    uuid: newUuid(panel),
    author: 'support@pterodactyl.io',
    name,
    description: '',
    createdAt: at,
    updatedAt: at,
  }))
  for (const egg of eggs) addEgg(panel, nest.id, egg)
}

function addEgg(panel: PanelApp, nestId: number, { variables, ...stock }: StockEgg): void {
  const at = timestamp(panel)
  const egg = panel.store.eggs.insert((id) => ({
    id,
    uuid: newUuid(panel),
    nestId,
    author: 'support@pterodactyl.io',
    features: [],
    ...stock,
    createdAt: at,
    updatedAt: at,
  }))
  for (const [envVariable, name, defaultValue, rules, access = 'editable'] of variables) {
    panel.store.variables.insert((id) => ({
      id,
      eggId: egg.id,
      name,
      description: '',
      envVariable,
      defaultValue,
      userViewable: access !== 'hidden',
      userEditable: access === 'editable',
      rules,
      createdAt: at,
      updatedAt: at,
    }))
  }
}
