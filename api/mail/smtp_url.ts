/** Where an SMTP server listens, how its connection is encrypted, and who we are there. */
export interface SmtpAddress {
  host: string
  port: number
  tls: 'from the start' | 'by STARTTLS' | 'none'
  login?: { user: string; password: string }
}

/**
 * Reads `smtps://user:password@host:465` or `smtp://user:password@host:587`. The connection is
 * encrypted, by STARTTLS in the latter case, unless the server is on this machine. Throws for
 * anything else.
 */
export function parseSmtpUrl(text: string): SmtpAddress {
  const url = new URL(text)
  if (!/^smtps?:$/.test(url.protocol) || !url.hostname) {
    throw new TypeError('Cannot read the SMTP address as it is not smtp:// or smtps://')
  }
  const fromTheStart = url.protocol === 'smtps:'
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (fromTheStart ? 465 : 587),
    tls: fromTheStart ? 'from the start' : isLoopback(url.hostname) ? 'none' : 'by STARTTLS',
    login: loginOf(url),
  }
}

function loginOf({ username, password }: URL): SmtpAddress['login'] {
  if (!username) return undefined
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** True for a host name of this machine: nobody can listen on the way there. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}
