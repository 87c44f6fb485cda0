import { signal } from '@preact/signals'
import { recall, remember } from './storage.ts'

const KEY = 'currency'
/** The currency the visitor chose; undefined until they do. */
const chosen = signal<string | undefined>(undefined)

/** Reads the choice of an earlier visit. */
export function loadCurrency(): void {
  chosen.value = recall('local', KEY)
}

export function chooseCurrency(currency: string): void {
  chosen.value = currency
  remember('local', KEY, currency)
}

/** The chosen currency where it is sold, else the shop's first; undefined when it sells in none. */
export function currencyOf(sold: string[]): string | undefined {
  return sold.find((currency) => currency === chosen.value) ?? sold[0]
}
