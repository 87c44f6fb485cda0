import * as z from 'zod'
import * as model from './model.ts'
import { savedTable, Table } from './table.ts'
import { Container } from './wings/container.ts'

/** Everything the panel keeps in its database. Tests may read it and, with care, change it. */
export class PanelStore {
  readonly users = new Table(model.User)
  readonly locations = new Table(model.Location)
  readonly nodes = new Table(model.Node)
  readonly allocations = new Table(model.Allocation)
  readonly nests = new Table(model.Nest)
  readonly eggs = new Table(model.Egg)
  readonly variables = new Table(model.Variable)
  readonly servers = new Table(model.Server)
  readonly keys = new Table(model.Key)
  readonly subusers = new Table(model.Subuser)
  /** On the disks of the nodes, which the panel cannot read. */
  readonly containers = new Table(Container)

  subusersOf(serverId: number): model.Subuser[] {
    return this.subusers.rows.filter((row) => row.serverId === serverId)
  }

  variablesOf(eggId: number): model.Variable[] {
    return this.variables.rows.filter((row) => row.eggId === eggId)
  }

  snapshot(): z.infer<typeof Snapshot> {
    return {
      users: this.users.snapshot(),
      locations: this.locations.snapshot(),
      nodes: this.nodes.snapshot(),
      allocations: this.allocations.snapshot(),
      nests: this.nests.snapshot(),
      eggs: this.eggs.snapshot(),
      variables: this.variables.snapshot(),
      servers: this.servers.snapshot(),
      keys: this.keys.snapshot(),
      subusers: this.subusers.snapshot(),
      containers: this.containers.snapshot(),
    }
  }

  /** Takes what `snapshot()` gave, possibly through JSON. */
  load(state: unknown): void {
    const saved = Snapshot.parse(state)
    this.users.load(saved.users)
    this.locations.load(saved.locations)
    this.nodes.load(saved.nodes)
    this.allocations.load(saved.allocations)
    this.nests.load(saved.nests)
    this.eggs.load(saved.eggs)
    this.variables.load(saved.variables)
    this.servers.load(saved.servers)
    this.keys.load(saved.keys)
    this.subusers.load(saved.subusers)
    this.containers.load(saved.containers)
  }
}

const Snapshot = z.object({
  users: savedTable(model.User),
  locations: savedTable(model.Location),
  nodes: savedTable(model.Node),
  allocations: savedTable(model.Allocation),
  nests: savedTable(model.Nest),
  eggs: savedTable(model.Egg),
  variables: savedTable(model.Variable),
  servers: savedTable(model.Server),
  keys: savedTable(model.Key),
  // A state that was saved before there were any has none.
  subusers: savedTable(model.Subuser).default({ lastId: 0, rows: [] }),
  containers: savedTable(Container).default({ lastId: 0, rows: [] }),
})
