import { addressesIn } from './addresses.ts'
import { refused } from './failure.ts'
import { Input } from './input.ts'
import type { Node } from './model.ts'
import type { PanelApp } from './panel.ts'
import { validate } from './validation.ts'

/**
 * Adds every port of every address: `ip` is one address or a CIDR range of 128 at most, `ports` are
 * texts such as `27015` and `27015-27030`. A pair that is there already is left as it is, and nothing
 * is added when one port is refused.
 */
export function addAllocations({ store }: PanelApp, node: Node, body: unknown): void {
  validate(body, rules)
  const input = new Input(body)
  const alias = input.text('alias')
  const addresses = parseAddresses(input.text('ip') ?? '')
  const ports = input.list('ports').flatMap((text) => parsePorts(String(text)))
  const there = new Set(
    store.allocations.rows.filter((row) => row.nodeId === node.id).map(({ ip, port }) =>
      `${ip} ${port}`
    ),
  )
  for (const ip of addresses) {
    for (const port of ports) {
      if (there.has(`${ip} ${port}`)) continue
      there.add(`${ip} ${port}`)
      store.allocations.insert((id) => ({ id, nodeId: node.id, ip, alias, port, serverId: null }))
    }
  }
}

const rules = {
  ip: ['required|string'],
  alias: ['nullable|string|max:191'],
  ports: ['required|array'],
  'ports.*': ['string'],
} as const

const MOST_PORTS_IN_RANGE = 1000

function parseAddresses(text: string): string[] {
  const [, length] = text.split('/')
  if (length !== undefined && !(/^\d+$/.test(length) && +length >= 25 && +length <= 32)) {
    throw refused(
      'CIDR notation only allows masks between /25 and /32.',
      'CidrOutOfRangeException',
    )
  }
  const addresses = addressesIn(text)
  if (addresses) return addresses
  throw refused(
    `Could not parse provided allocation IP address (${text}): Invalid IP address format`,
  )
}

function parsePorts(text: string): number[] {
  const [, low, high] = /^(\d{4,5})-(\d{4,5})$/.exec(text) ?? []
  if (low === undefined && !/^\d+$/.test(text)) {
    throw refused(
      `The mapping provided for ${text} was invalid and could not be processed.`,
      'InvalidPortMappingException',
    )
  }
  const [first, last] = [Number(low ?? text), Number(high ?? text)]
  const count = Math.abs(last - first) + 1
  if (count > MOST_PORTS_IN_RANGE) {
    throw refused(
      'Adding more than 1000 ports in a single range at once is not supported.',
      'TooManyPortsInRangeException',
    )
  }
  if (first <= 1024 || last > 65535) {
    throw refused(
      'Ports in an allocation must be greater than 1024 and less than or equal to 65535.',
      'PortOutOfRangeException',
    )
  }
  return Array.from({ length: count }, (_, index) => Math.min(first, last) + index)
}
