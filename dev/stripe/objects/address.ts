import type { PaymentMethod } from '../wire.ts'

type Address = NonNullable<PaymentMethod['billing_details']['address']>

/** An address as it is shown: what was not given is `null`. */
export function addressObject(
  given: { [Key in keyof Address]?: string | null | undefined },
): Address {
  const { city, country, line1, line2, postal_code: postalCode, state } = given
  return {
    city: city ?? null,
    country: country ?? null,
    line1: line1 ?? null,
    line2: line2 ?? null,
    postal_code: postalCode ?? null,
    state: state ?? null,
  }
}
