import { chooseCurrency, currencyOf } from '../currency.ts'
import { planWords } from '../words/plans.ts'

/** Lets the visitor choose the currency; nothing where there is only one. */
export function CurrencySelect({ currencies }: { currencies: string[] }) {
  if (currencies.length < 2) return null
  const current = currencyOf(currencies)
  return (
    <label class='currency'>
      <span>{planWords.currencyLabel}</span>
      <select class='input' onChange={(event) => chooseCurrency(event.currentTarget.value)}>
        {currencies.map((currency) => (
          <option key={currency} value={currency} selected={currency === current}>
            {currency.toUpperCase()}
          </option>
        ))}
      </select>
    </label>
  )
}
