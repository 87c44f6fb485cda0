import type { OrderedRule, Strike } from '../faults/faults.ts'
import { formerSecret } from './signature.ts'
import type { Store } from './store.ts'

/** How an attempt is spoilt. */
export interface Manner {
  /** The name of the fault. */
  fault?: string
  /** What it is signed with instead of the endpoint's own secrets. */
  secrets?: string[]
}

/** What carries deliveries, by their ids. */
export interface Courier {
  /** Makes an attempt now, and others later while they fail; ends with the first. */
  send(id: string, manner: Manner): Promise<void>
  /** Makes one attempt now, beside those that `send` makes. */
  sendOnce(id: string, manner: Manner): Promise<void>
  /** Does as `send` does, later. */
  sendLater(id: string, manner: Manner, ms: number): void
  /** Counts a delivery as under way until the work has ended. */
  track(id: string, work: Promise<void>): void
}

/** Gives what sends a delivery as the fault that struck it demands. */
export function createSpoiler(store: Store, { send, sendOnce, sendLater, track }: Courier) {
  const collected = new Map<OrderedRule, string[]>()

  /** Keeps back until there are enough, or until the rule will bring no more. */
  function collect(id: string, rule: OrderedRule, among: number) {
    const ids = [...collected.get(rule) ?? [], id]
    collected.set(rule, ids)
    if (ids.length === 1) rule.cancelled.addEventListener('abort', () => release(rule))
    if (ids.length >= among || rule.state !== 'in force') release(rule)
  }

  /** Newest first, each after the answer to the one before. */
  function release(rule: OrderedRule) {
    const ids = collected.get(rule) ?? []
    collected.delete(rule)
    let before = Promise.resolve()
    for (const id of ids.reverse()) {
      before = before.then(() => send(id, { fault: rule.fault.name }))
      track(id, before)
    }
  }

  return (id: string, { fault, rule }: Strike<'webhook'>): void => {
    const manner = { fault: fault.name }
    switch (fault.name) {
      case 'withhold':
        return rule.cancelled.addEventListener('abort', () => void send(id, manner))
      case 'delay':
        return sendLater(id, manner, fault.ms)
      case 'duplicate':
        for (let time = 1; time < fault.times; time++) void sendOnce(id, manner)
        return void send(id, manner)
      case 'reorder':
        return collect(id, rule, fault.among)
      case 'wrong-signature':
        return void send(id, { ...manner, secrets: [UNKNOWN_SECRET] })
      case 'rolled-secret':
        return void send(id, { ...manner, secrets: rolledSecrets(store, id, fault.signatures) })
      default:
        throw new Error(`Cannot spoil a webhook as the fault is unknown: ${fault satisfies never}`)
    }
  }
}

const UNKNOWN_SECRET = 'whsec_nobody_knows_this_secret'

/** As after a roll that the shop has not heard of: a new secret, without or with its own. */
function rolledSecrets(store: Store, id: string, signatures: 'former' | 'two'): string[] {
  const endpoint = store.webhookEndpoints.get(store.deliveries.get(id).endpoint)
  const former = formerSecret(store, endpoint) ?? UNKNOWN_SECRET
  return signatures === 'former' ? [former] : [former, endpoint.secret ?? '']
}
