import { isDuplicate, type Queryable } from '../db.ts'

/**
 * What marks this shop's servers and users at a panel that others use as well: 8 characters of
 * `a-z 0-9`, chosen at the first start and never changed. Any number of starters get the same one.
 */
export async function shopId(
  db: Queryable,
  randomBytes: (count: number) => Uint8Array,
): Promise<string> {
  const known = await findShopId(db)
  if (known) return known
  try {
    await db.run("INSERT INTO shop_settings (name, value) VALUES ('shop_id', ?)", [
      randomId(randomBytes),
    ])
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
  const chosen = await findShopId(db)
  if (!chosen) throw new Error('Cannot choose the shop id as its row is not there after the insert')
  return chosen
}

/** Undefined before the first start. */
export async function findShopId(db: Queryable): Promise<string | undefined> {
  const [row] = await db.query<{ value: string }>(
    "SELECT value FROM shop_settings WHERE name = 'shop_id'",
  )
  return row?.value
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

function randomId(randomBytes: (count: number) => Uint8Array): string {
  return Array.from(randomBytes(8), (byte) => LETTERS.charAt(byte % LETTERS.length)).join('')
}
