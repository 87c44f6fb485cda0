import type { PlanBody, PriceBody, RegionBody, Term } from '../../api/plans/bodies.ts'
import { countryName, formatMoney } from '../format.ts'
import { savingAmount, savingPercent } from '../plans.ts'
import { configureWords } from '../words/configure.ts'
import { planWords, renewsAt, renewsEvery, saves } from '../words/plans.ts'
import { Icon } from './icon.tsx'

interface Props {
  plan: PlanBody
  region?: RegionBody
  /** The plan's prices in the chosen currency. */
  prices: PriceBody[]
  term: Term
  signedIn: boolean
  pending: boolean
}

/** What is being ordered and the full price to pay, in sight at every width, with the way to Stripe. */
export function PlanSummary({ plan, region, prices, term, signedIn, pending }: Props) {
  const words = configureWords
  const price = prices.find((each) => each.term === term)
  const money = (amount: number) => formatMoney(amount, price?.currency ?? '')
  const percent = price ? savingPercent(price, prices) : 0
  const action = signedIn ? words.pay : words.continue
  return (
    <aside class='summary' aria-labelledby='summary-heading'>
      <div class='summary-what'>
        <h2 id='summary-heading' class='legend'>{words.summaryHeading}</h2>
        <p>
          <strong>{plan.name}</strong>
          {region && <span>{`${region.name}, ${countryName(region.country)}`}</span>}
        </p>
      </div>
      <div class='summary-pay'>
        <div class='summary-total'>
          <p class='summary-label'>{words.total}</p>
          <p class='summary-amount'>
            <strong data-testid='total' aria-live='polite'>
              {price ? money(price.unitAmount) : planWords.notInCurrency}
            </strong>
          </p>
          {price && <p class='summary-brief'>{renewsEvery(term)}</p>}
        </div>
        <button
          type='submit'
          class='button button-wide'
          data-testid='pay'
          disabled={pending || !price || !region}
        >
          {pending ? words.paying : action}
        </button>
      </div>
      <div class='summary-notes'>
        {price && <p>{renewsAt(money(price.unitAmount), term)}</p>}
        {price && percent > 0 && (
          <p>
            <span class='saving'>{saves(money(savingAmount(price, prices)), percent)}</span>
          </p>
        )}
        <p>{signedIn ? words.payHelp : words.continueHelp}</p>
        <p class='summary-promise'>
          <Icon name='check' />
          {words.promise}
        </p>
      </div>
    </aside>
  )
}
