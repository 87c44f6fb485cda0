import type { PlanBody, PriceBody, RegionBody } from '../../api/plans/bodies.ts'
import { countryName, formatMoney } from '../format.ts'
import { configureWords } from '../words/configure.ts'
import { aMonth, planWords, saves, termChoice } from '../words/plans.ts'
import { amountAMonth, savingAmount, savingPercent } from '../plans.ts'
import { Choices } from './choice.tsx'
import { CurrencySelect } from './currency_select.tsx'

interface RegionProps {
  plan: PlanBody
  regions: RegionBody[]
  value: string
  /** Where the API said a moment ago that there is room; undefined when it was not asked. */
  withRoom: string[] | undefined
  error?: string
}

/** Where the plan is sold. What is sold out stays in sight and says so. */
export function RegionChoice({ plan, regions, value, withRoom, error }: RegionProps) {
  const choices = plan.regions.map(({ id, available }) => {
    const region = regions.find((each) => each.id === id)
    const room = withRoom ? withRoom.includes(id) : available
    return {
      value: id,
      label: region?.name ?? id,
      detail: room
        ? region && countryName(region.country)
        : <span class='sold-out'>{configureWords.regionFull}</span>,
      disabled: !room,
    }
  })
  const soldOut = choices.every((choice) => choice.disabled)
  return (
    <Choices
      name='region'
      testId='region'
      legend={configureWords.regionHeading}
      help={configureWords.regionHelp}
      error={error ?? (soldOut ? planWords.soldOutEverywhere : undefined)}
      value={value}
      choices={choices}
    />
  )
}

interface TermProps {
  prices: PriceBody[]
  currencies: string[]
  value: string
  error?: string
}

/** How often to pay, each with its whole price, the price of a month and what it saves. */
export function TermChoice({ prices, currencies, value, error }: TermProps) {
  return (
    <Choices
      name='term'
      testId='term'
      legend={configureWords.termHeading}
      beside={<CurrencySelect currencies={currencies} />}
      error={error}
      value={value}
      choices={prices.map((price) => ({
        value: price.term,
        label: termChoice(price.term),
        detail: <TermPrice price={price} prices={prices} />,
      }))}
    />
  )
}

function TermPrice({ price, prices }: { price: PriceBody; prices: PriceBody[] }) {
  const money = (amount: number) => formatMoney(amount, price.currency)
  const percent = savingPercent(price, prices)
  return (
    <>
      <strong>{money(price.unitAmount)}</strong>
      {price.term !== 'monthly' && <span>{aMonth(money(amountAMonth(price)))}</span>}
      {percent > 0 && (
        <span class='saving'>{saves(money(savingAmount(price, prices)), percent)}</span>
      )}
    </>
  )
}
