import type { TaxId } from '../wire.ts'

export function taxIdObject(
  taxId: Pick<TaxId, 'id' | 'created' | 'type' | 'value' | 'country' | 'verification'>,
  customer: string,
): TaxId {
  return {
    object: 'tax_id',
    customer,
    customer_account: null,
    livemode: false,
    owner: { customer, customer_account: null, type: 'customer' },
    ...taxId,
  }
}
