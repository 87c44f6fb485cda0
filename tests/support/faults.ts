import type { Faults, OrderedRule } from '../../dev/faults/faults.ts'
import type { RuleOrder } from '../../dev/faults/rule.ts'

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
