import { doKeysMatch, kidOf } from '../accounts/tokens.ts'
import { type Check, fail, ok, type Seen, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** The keys that sessions and passwords rest on. */
export const keyChecks: Check[] = [
  {
    id: 'keys.jwt',
    what: 'The key of access tokens',
    wanted: 'one whose two halves belong together, and at most two of before',
    mend: 'Make a new JWT_PRIVATE_KEY as .env.example says, and list the public half of the one ' +
      'before in JWT_PREVIOUS_KEYS for an hour.',
    look: lookAtJwt,
  },
  {
    id: 'keys.secret',
    what: 'The secret of passwords and links',
    wanted: 'random, and used for nothing else',
    mend: 'Make AUTH_SECRET of 32 random bytes. Everybody must then set a new password.',
    look: lookAtSecret,
  },
]

/** Each is good for ten minutes after the next one signs: who keeps more forgot to remove them. */
const MOST_PREVIOUS = 2

async function lookAtJwt({ setting, settings }: Exam): Promise<Seen> {
  const key = setting('JWT_PRIVATE_KEY')
  if (!await doKeysMatch(key)) return fail('its public half (x) is another key’s')
  const previous = settings.JWT_PREVIOUS_KEYS ?? []
  const kids = await Promise.all(previous.map((one) => kidOf(one)))
  if (kids.includes(await kidOf(key))) {
    return warn(
      'JWT_PREVIOUS_KEYS has the key that signs now',
      'Remove it from JWT_PREVIOUS_KEYS: it is for keys of before alone.',
    )
  }
  if (kids.length > MOST_PREVIOUS) {
    return warn(
      `${kids.length} keys of before are still taken`,
      'Remove from JWT_PREVIOUS_KEYS those that were replaced more than an hour ago.',
    )
  }
  return ok(`${await kidOf(key)}, and ${kids.length} of before`)
}

/** Of 32 random characters hardly any repeats so often. */
const FEWEST_DIFFERENT = 12

function lookAtSecret({ setting, settings }: Exam): Seen {
  const secret = setting('AUTH_SECRET')
  const { STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRETS = [], PANEL_API_KEY, MAIL_API_KEY } = settings
  const others = [STRIPE_SECRET_KEY, ...STRIPE_WEBHOOK_SECRETS, PANEL_API_KEY, MAIL_API_KEY]
  if (others.includes(secret)) return fail('it is another variable’s secret, too')
  const different = new Set(secret).size
  return different < FEWEST_DIFFERENT
    ? warn(`only ${different} different characters`)
    : ok('random')
}
