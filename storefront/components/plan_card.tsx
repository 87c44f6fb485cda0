import type { PlanBody, PriceBody, Term } from '../../api/plans/bodies.ts'
import { formatMoney } from '../format.ts'
import { amountAMonth, isSoldOut, pricesIn, savingAmount, savingPercent } from '../plans.ts'
import { aMonth, perTerm, planWords, saves } from '../words/plans.ts'
import { Limits } from './limits.tsx'

interface Props {
  plan: PlanBody
  term: Term
  currency: string | undefined
}

/** A plan among its neighbours: what it has, what it costs for the chosen term, and the way to it. */
export function PlanCard({ plan, term, currency }: Props) {
  const prices = pricesIn(plan, currency)
  const price = prices.find((each) => each.term === term) ?? prices[0]
  return (
    <li class='plan card' data-testid={`plan-${plan.id}`}>
      <h4 class='plan-name'>{plan.name}</h4>
      <p class='plan-summary'>{plan.summary}</p>
      <Limits of={plan} />
      {price
        ? <Price price={price} prices={prices} />
        : <p class='plan-month'>{planWords.notInCurrency}</p>}
      {isSoldOut(plan) ? <p class='plan-out'>{planWords.soldOut}</p> : price && (
        <a
          class='button button-quiet button-wide plan-link'
          href={`/plans/${plan.id}?term=${price.term}`}
          aria-label={planWords.chooseNamed(plan.name)}
        >
          {planWords.choose}
        </a>
      )}
    </li>
  )
}

/** The whole price of a term; for a longer one also what that is a month, and what it saves. */
export function Price({ price, prices }: { price: PriceBody; prices: PriceBody[] }) {
  const money = (amount: number) => formatMoney(amount, price.currency)
  const percent = savingPercent(price, prices)
  return (
    <div class='plan-price'>
      <p>
        <strong class='plan-amount'>{money(price.unitAmount)}</strong> {perTerm(price.term)}
      </p>
      {price.term !== 'monthly' && (
        <p class='plan-month'>
          {aMonth(money(amountAMonth(price)))}
          {percent > 0 && (
            <span class='saving'>{saves(money(savingAmount(price, prices)), percent)}</span>
          )}
        </p>
      )}
    </div>
  )
}
