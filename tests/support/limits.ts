import type { RateLimits } from '../../api/accounts/rate_limits.ts'

/** Limits that no test meets by accident. */
export const NO_LIMITS: RateLimits = {
  request: { address: [] },
  read: { user: [] },
  write: { user: [] },
  login: { address: [] },
  signup: { address: [] },
  everySignup: { everybody: [] },
  signupKnown: { account: [] },
  verification: { address: [] },
  verificationMail: { user: [] },
  forgot: { address: [] },
  resetMail: { account: [] },
  emailChange: { address: [], user: [] },
  confirm: { address: [] },
  panelLogin: { user: [] },
  order: { user: [], address: [] },
  sync: { user: [] },
  webhookRefused: { address: [] },
}
