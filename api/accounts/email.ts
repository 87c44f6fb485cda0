import * as z from 'zod'

/** An e-mail address in a request body; what passes is canonical (see `canonicalEmail`). */
export function emailAddress() {
  return z.string('Enter your e-mail address').transform((text, context) => {
    const result = canonicalEmail(text)
    if ('email' in result) return result.email
    context.addIssue({ code: 'custom', message: result.fault })
    return z.NEVER
  })
}

/**
 * The one spelling under which an address is stored and looked up: trimmed, lower case, the local
 * part plain ASCII, the domain in punycode (IDNA, as URLs have it), at most 254 characters. So no
 * second spelling of somebody's address can be registered. `fault` says what to do about it.
 */
export function canonicalEmail(text: string): { email: string } | { fault: string } {
  const trimmed = text.trim()
  const at = trimmed.lastIndexOf('@')
  if (at < 1) return { fault: EXAMPLE }
  const local = trimmed.slice(0, at)
  // Before lower-casing: some letters outside ASCII (the Kelvin sign) have lower case inside it.
  if (!/^[\x21-\x7e]+$/.test(local)) {
    return { fault: 'Use only plain letters (a-z), digits and signs before the @' }
  }
  if (local.length > 64 || !LOCAL.test(local)) return { fault: EXAMPLE }
  const domain = canonicalDomain(trimmed.slice(at + 1))
  if (!domain) return { fault: 'Check the part after the @: it is not the name of a mail domain' }
  const email = `${local.toLowerCase()}@${domain}`
  return email.length <= 254 ? { email } : { fault: 'Use an address of at most 254 characters' }
}

const EXAMPLE = 'Enter an address like name@example.com'

/** The dot-atom of RFC 5321; quoted local parts exist on paper only. */
const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** At least two labels, the last not a number: neither `localhost` nor an IP address. */
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`)

function canonicalDomain(text: string): string | undefined {
  // What a URL would read as something other than its host, or quietly drop.
  if (/[\s/?#\\:@%[\]\u00ad]/.test(text)) return undefined
  const domain = URL.parse(`http://${text}`)?.hostname
  return domain && DOMAIN.test(domain) ? domain : undefined
}
