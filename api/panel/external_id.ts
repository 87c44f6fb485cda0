import type { Queryable } from '../db.ts'
import type { Deps } from '../deps.ts'
import { shopId } from '../plans/shop_id.ts'

/**
 * What the panel knows a server or user of ours by: `<SHOP_ID>-<id>`, lower case, never changing. It
 * is the idempotency key of every create, and the only way in which ours are found again.
 */
export async function externalIdOf(
  db: Queryable,
  deps: Pick<Deps, 'randomBytes'>,
  id: string,
): Promise<string> {
  return `${await shopId(db, deps.randomBytes)}-${id}`
}
