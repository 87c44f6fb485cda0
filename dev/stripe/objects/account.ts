import type { Account } from '../wire.ts'

export function accountObject(account: Pick<Account, 'id' | 'created'>): Account {
  return {
    object: 'account',
    business_type: 'company',
    charges_enabled: true,
    country: 'US',
    default_currency: 'usd',
    details_submitted: true,
    email: 'sandbox@example.com',
    metadata: {},
    payouts_enabled: true,
    settings: null,
    type: 'standard',
    ...account,
  }
}
