import { refused } from '../errors.ts'
import { taxIdObject } from '../objects/tax_id.ts'
import { emit, type Sandbox } from '../sandbox.ts'
import type { TaxId } from '../wire.ts'

/**
 * Keeps a tax id of a customer. Its answer says `pending` where Stripe asks an authority; what the
 * authority says comes with `customer.tax_id.updated`. The ids of
 * https://docs.stripe.com/billing/customer/tax-ids#testing decide it; others stay pending.
 */
export function addTaxId(
  sandbox: Sandbox,
  customer: string,
  { type, value }: Pick<TaxId, 'type' | 'value'>,
): TaxId {
  const { store, newId, now } = sandbox
  checkTaxId({ type, value }, 'value')
  const taxId = store.taxIds.insert(taxIdObject({
    id: newId('tax_id'),
    created: now(),
    type,
    value,
    country: countryOf(type, value),
    verification: verification(VERIFIED_TYPES.has(type) ? 'pending' : 'unavailable'),
  }, customer))
  emit(sandbox, 'customer.tax_id.created', taxId)
  if (VERIFIED_TYPES.has(type)) askAuthority(sandbox, taxId)
  return taxId
}

/** Whether a value has the form of its type; only that of EU VAT ids is known here in detail. */
export function checkTaxId({ type, value }: Pick<TaxId, 'type' | 'value'>, param: string) {
  const known = type !== 'eu_vat' ||
    (EU_COUNTRIES.has(value.slice(0, 2)) && /^[A-Z]{2}[0-9A-Z+*]{2,12}$/.test(value))
  if (known && /^[\w .\-/&+*]{2,40}$/.test(value)) return
  throw refused(`Invalid value for ${type}.`, { code: 'tax_id_invalid', param })
}

/** Of these Stripe asks an authority whether they exist. */
const VERIFIED_TYPES = new Set<TaxId['type']>(['au_abn', 'eu_vat', 'gb_vat'])

const TEST_DIGITS: Record<string, 'verified' | 'unverified'> = {
  '000000000': 'verified',
  '111111111': 'unverified',
}

const EU_COUNTRIES = new Set(
  ('AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI')
    .split(' '),
)

/** Greece has its own letters in VAT ids, and Northern Ireland is of the United Kingdom. */
const VAT_COUNTRIES: Record<string, string> = { EL: 'GR', XI: 'GB' }

function countryOf(type: TaxId['type'], value: string): string {
  const letters = type === 'eu_vat' ? value.slice(0, 2) : type.slice(0, 2).toUpperCase()
  return VAT_COUNTRIES[letters] ?? letters
}

function askAuthority(sandbox: Sandbox, taxId: TaxId) {
  const status = TEST_DIGITS[taxId.value.replace(/^[A-Z]+/, '')]
  if (status === undefined) return
  const updated = sandbox.store.taxIds.update(taxId.id, { verification: verification(status) })
  emit(sandbox, 'customer.tax_id.updated', updated, taxId)
}

function verification(
  status: 'pending' | 'unavailable' | 'unverified' | 'verified',
): TaxId['verification'] {
  return { status, verified_address: null, verified_name: null }
}
