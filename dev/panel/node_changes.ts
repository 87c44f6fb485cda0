import { refused } from './failure.ts'
import { Input } from './input.ts'
import type { Node } from './model.ts'
import { change, newToken, newUuid, type PanelApp, timestamp } from './panel.ts'
import { idOf } from './text.ts'
import { exists, type RuleSet, validate } from './validation.ts'

export function createNode(panel: PanelApp, body: unknown): Node {
  validate(body, nodeRules(panel), labels)
  const input = new Input(body)
  const at = timestamp(panel)
  return panel.store.nodes.insert((id) => ({
    id,
    uuid: newUuid(panel),
    ...writtenColumns(input),
    public: input.flag('public', true),
    behindProxy: input.flag('behind_proxy', false),
    maintenance: input.flag('maintenance_mode', false),
    description: input.text('description'),
    uploadSize: input.integer('upload_size') ?? 100,
    ...newTokens(panel),
    createdAt: at,
    updatedAt: at,
  }))
}

/**
 * A full write, after which the node's daemon is told. When that fails the change stays all the same,
 * and the answer is 400.
 */
export async function updateNode(panel: PanelApp, node: Node, body: unknown): Promise<void> {
  validate(body, nodeRules(panel), labels)
  const input = new Input(body)
  change(panel, node, {
    ...writtenColumns(input),
    public: input.flag('public', node.public),
    behindProxy: input.flag('behind_proxy', node.behindProxy),
    maintenance: input.flag('maintenance_mode', node.maintenance),
    description: input.has('description') ? input.text('description') : node.description,
    uploadSize: input.integer('upload_size') ?? node.uploadSize,
    ...(input.flag('reset_secret', false) && newTokens(panel)),
  })
  try {
    await panel.wings.update()
  } catch {
    throw refused(
      'The daemon configuration <strong>has been updated</strong>, however there was an error ' +
        'encountered while attempting to automatically update the configuration file on the ' +
        'Daemon. You will need to manually update the configuration file (config.yml) for the ' +
        'daemon to apply these changes.',
      'ConfigurationNotPersistedException',
    )
  }
}

/** Its allocations go with it. */
export function deleteNode({ store }: PanelApp, node: Node): void {
  if (store.servers.rows.some((server) => server.nodeId === node.id)) {
    throw refused(
      'A node must have no servers linked to it in order to be deleted.',
      'HasActiveServersException',
    )
  }
  store.nodes.remove(node)
  store.allocations.rows = store.allocations.rows.filter((row) => row.nodeId !== node.id)
}

const labels = {
  daemon_base: 'Daemon Base Path',
  upload_size: 'File Upload Size Limit',
  location_id: 'Location',
  public: 'Node Visibility',
}

function nodeRules({ store }: PanelApp): RuleSet {
  const isLocation = exists((value) => store.locations.find(idOf(String(value))) !== undefined)
  return {
    name: ['required|regex:/^([\\w .-]{1,100})$/'],
    description: ['string|nullable'],
    location_id: ['required', isLocation],
    public: ['boolean'],
    fqdn: ['required|string'],
    scheme: ['required'],
    behind_proxy: ['boolean'],
    memory: ['required|numeric|min:1'],
    memory_overallocate: ['required|numeric|min:-1'],
    disk: ['required|numeric|min:1'],
    disk_overallocate: ['required|numeric|min:-1'],
    daemon_base: ['sometimes|required|regex:/^([\\/][\\d\\w.\\-\\/]+)$/'],
    daemon_sftp: ['required|numeric|between:1,65535'],
    daemon_listen: ['required|numeric|between:1,65535'],
    maintenance_mode: ['boolean'],
    upload_size: ['int|between:1,1024'],
  }
}

function writtenColumns(input: Input) {
  return {
    name: input.text('name') ?? '',
    locationId: input.id('location_id'),
    fqdn: input.text('fqdn') ?? '',
    scheme: input.text('scheme') ?? '',
    memory: input.integer('memory') ?? 0,
    memoryOverallocate: input.integer('memory_overallocate') ?? 0,
    disk: input.integer('disk') ?? 0,
    diskOverallocate: input.integer('disk_overallocate') ?? 0,
    daemonBase: input.text('daemon_base') ?? '/var/lib/pterodactyl/volumes',
    daemonSftp: input.integer('daemon_sftp') ?? 0,
    daemonListen: input.integer('daemon_listen') ?? 0,
  }
}

function newTokens(panel: PanelApp) {
  return { daemonTokenId: newToken(panel, 16), daemonToken: newToken(panel, 64) }
}
