/** What the structure does not say of a value, and Stripe's uniform names do. */
export interface Format {
  /** What is wrong with it, or nothing. */
  complaint(value: string | number): { message: string; code?: string } | undefined
  /** As the API keeps it. */
  normalized?(value: string): string
}

const currency: Format = {
  complaint: (value) =>
    CURRENCIES.has(String(value).toLowerCase())
      ? undefined
      : { message: `Invalid currency: ${value}` },
  normalized: (value) => value.toLowerCase(),
}

const email: Format = {
  complaint: (value) =>
    /^\S+@\S+\.\S+$/.test(String(value)) && String(value).length <= 512
      ? undefined
      : { message: `Invalid email address: ${value}`, code: 'email_invalid' },
}

const url: Format = {
  complaint: (value) => {
    // the template of success_url is no character of a URL, and Stripe takes it as it is
    const address = URL.parse(String(value).replaceAll('{CHECKOUT_SESSION_ID}', ''))
    if (/^https?:$/.test(address?.protocol ?? '')) return
    return { message: 'Not a valid URL', code: 'url_invalid' }
  },
}

const limit: Format = {
  complaint: (value) => outside(Number(value), 1, 100),
}

const quantity: Format = {
  complaint: (value) => outside(Number(value), 0, Number.MAX_SAFE_INTEGER),
}

const unitAmount: Format = {
  complaint: (value) => outside(Number(value), 0, 99_999_999),
}

const FORMATS: Record<string, Format> = {
  after_completion_url: url,
  cancel_url: url,
  default_return_url: url,
  currency,
  email,
  interval_count: { complaint: (value) => outside(Number(value), 1, 1095) },
  limit,
  privacy_policy_url: url,
  quantity,
  return_url: url,
  success_url: url,
  terms_of_service_url: url,
  unit_amount: unitAmount,
  url,
}

/** The format of a parameter of this name, wherever it stands; a list's items have the list's. */
export function formatOf(name: string): Format | undefined {
  return Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()))

function outside(value: number, min: number, max: number) {
  if (value < min) {
    return {
      message: `This value must be greater than or equal to ${min}.`,
      code: 'parameter_invalid_integer',
    }
  }
  if (value <= max) return
  return {
    message: `This value must be less than or equal to ${max}.`,
    code: 'parameter_invalid_integer',
  }
}
