import { recall, remember } from './storage.ts'

const KEY = 'email'

/** As long as a link to reset a password works. */
const KEPT_MS = 30 * 60_000

/** Keeps an address that was typed, so that the next form of this tab starts with it. */
export function keepEmail(email: string): void {
  remember('session', KEY, email)
}

/** Keeps it for other tabs as well: the link in the mail opens one, where it names the account. */
export function keepEmailForLink(email: string): void {
  keepEmail(email)
  remember('local', KEY, JSON.stringify({ email, at: Date.now() }))
}

/** The address typed last, or ''. */
export function keptEmail(): string {
  return recall('session', KEY) ?? keptForLink(recall('local', KEY)) ?? ''
}

/** Once somebody is in, the address has served. */
export function dropEmail(): void {
  remember('session', KEY, undefined)
  remember('local', KEY, undefined)
}

/** Only this file writes the value, so its shape is known; a broken one counts as none. */
function keptForLink(stored: string | undefined): string | undefined {
  try {
    const { email, at } = JSON.parse(stored ?? '{}')
    return Date.now() - at < KEPT_MS ? email : undefined
  } catch {
    return undefined
  }
}
