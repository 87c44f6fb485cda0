import type { Db } from '../../api/db.ts'
import type { Faults, OrderedRule } from '../../dev/faults/faults.ts'
import type { RuleOrder, WingsAction } from '../../dev/faults/rule.ts'
import type { Fault } from '../../dev/faults/vocabulary.ts'

/** Orders a fault of the panel for the next occasion alone. */
export function failNext(
  { faults }: { faults: Faults },
  fault: RuleOrder['fault'],
  on: Omit<RuleOrder['on'], 'service'> = {},
): OrderedRule {
  return faults.order({ on: { service: 'panel', ...on }, when: { first: 1 }, fault })
}

/** Keeps all webhooks back until the rule is cancelled. */
export function withholdWebhooks({ faults }: { faults: Faults }): OrderedRule {
  return faults.order({ on: { service: 'stripe' }, fault: 'withhold' })
}

/** A proxy answers 502 to whatever is asked of the panel, until the rule is cancelled. */
export function panelAway({ faults }: { faults: Faults }): OrderedRule {
  return faults.order({ on: { service: 'panel' }, fault: 'html' })
}

/** What went wrong at the panel before is forgotten: calls are made at once, not half a minute later. */
export async function forgetCircuit({ db }: { db: Db }): Promise<void> {
  await db.run(
    'UPDATE panel_gate SET failures = 0, open_kind = NULL, open_since = NULL WHERE id = 1',
  )
}

type Refusal = Extract<Fault, { name: 'wings-refuses' }>['status']

/** Lets the node refuse its next order of one kind, or not answer it at all. */
export function failNode(
  emulator: { faults: Faults },
  wings: WingsAction,
  answer: 'unreachable' | Refusal,
): OrderedRule {
  const fault = answer === 'unreachable'
    ? 'wings-down'
    : { name: 'wings-refuses' as const, status: answer }
  return failNext(emulator, fault, { wings })
}
