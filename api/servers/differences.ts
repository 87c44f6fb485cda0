import type { Bought } from '../orders/store.ts'
import type { PanelServer } from '../panel/panel.ts'

/** The limits of a server at the panel that are not what was bought, by name. */
export function limitsThatDiffer(
  bought: Bought,
  there: Pick<PanelServer, 'limits' | 'featureLimits'>,
): string[] {
  const wanted = Object.entries({ ...bought.limits, ...bought.featureLimits })
  const has = new Map(Object.entries({ ...there.limits, ...there.featureLimits }))
  return wanted.filter(([name, amount]) => has.get(name) !== amount).map(([name]) => name)
}
