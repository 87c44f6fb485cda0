import { isLoopback } from '../mail/smtp_url.ts'
import { type Check, fail, ok, warn } from './check.ts'
import type { Exam } from './exam.ts'

/** The environment: complete, and of one mind about whether money is real. */
export const configChecks: Check[] = [
  {
    id: 'config.complete',
    what: 'The environment',
    wanted: 'every variable that .env.example asks for, each in its form',
    mend: 'Set what is named, as .env.example says, and start the shop again.',
    look: ({ problems }) =>
      problems.length === 0
        ? ok('complete')
        : fail(problems.map(({ name, problem }) => `${name} ${problem}`).join('; ')),
  },
  {
    id: 'config.mode',
    what: 'Test or live',
    wanted: 'live keys with https and Stripe itself, test keys where nobody pays for real',
    mend: 'Use the live keys of Stripe in production, and only there.',
    look: lookAtMode,
  },
]

function lookAtMode(exam: Exam) {
  const url = new URL(exam.setting('PUBLIC_URL'))
  const stripe = new URL(exam.setting('STRIPE_API_URL'))
  const live = /_live_/.test(exam.setting('STRIPE_SECRET_KEY'))
  if (live && url.protocol !== 'https:') {
    return fail('a live key, but PUBLIC_URL is not https', 'Serve the shop over https.')
  }
  if (live && stripe.hostname !== 'api.stripe.com') {
    return fail(
      `a live key, but STRIPE_API_URL is ${stripe.origin}`,
      'Remove STRIPE_API_URL: it is for the emulator alone.',
    )
  }
  if (!live && url.protocol === 'https:' && !isLoopback(url.hostname)) {
    return warn('test keys on a public address: what customers pay is not money')
  }
  return ok(live ? 'live' : 'test')
}
