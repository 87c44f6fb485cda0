import type { PlanBody, PriceBody, RegionBody } from '../../api/plans/bodies.ts'
import { formatMoney } from '../format.ts'
import { configureWords } from '../words/configure.ts'
import { planWords, renewsAt } from '../words/plans.ts'

interface Props {
  plan: PlanBody
  region?: RegionBody
  price?: PriceBody
  signedIn: boolean
  pending: boolean
}

/** What is being ordered and the full price to pay, in sight at every width, with the way to Stripe. */
export function PlanSummary({ plan, region, price, signedIn, pending }: Props) {
  const words = configureWords
  const action = signedIn ? words.pay : words.continue
  const amount = price && formatMoney(price.unitAmount, price.currency)
  return (
    <aside class='summary' aria-labelledby='summary-heading'>
      <div class='summary-what'>
        <h2 id='summary-heading'>{words.summaryHeading}</h2>
        <p>
          <strong>{plan.name}</strong>
          {region && <span>{region.name}</span>}
        </p>
      </div>
      <div class='summary-pay'>
        <p class='summary-total'>
          <span>{words.total}</span>
          <strong data-testid='total' aria-live='polite'>
            {amount ?? planWords.notInCurrency}
          </strong>
        </p>
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
        {amount && price && <p>{renewsAt(amount, price.term)}</p>}
        <p>{signedIn ? words.payHelp : words.continueHelp}</p>
      </div>
    </aside>
  )
}
