import { createHmac } from 'node:crypto'

/**
 * The secret of a link, of the id of its token: 43 characters of base64url that nobody can make of
 * the database alone. Made again whenever the mail is written out, so that it is kept nowhere.
 */
export function linkTokenOf(authSecret: string, tokenId: string): string {
  const key = createHmac('sha256', authSecret).update('key|mail-token').digest()
  return createHmac('sha256', key).update(`mail-token|${tokenId}`).digest('base64url')
}
