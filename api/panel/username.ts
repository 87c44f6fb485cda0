/**
 * The user name of our user at the panel, which takes a-z, 0-9 and `_.-`, alphanumeric at both ends,
 * and wants it unique.
 */
export function panelUsername(userId: string): string {
  return `sp-${userId.slice('usr_'.length)}`
}
