import type { PlanBody, PriceBody, Term } from '../../api/plans/bodies.ts'
import { formatCpu, formatMib, formatMoney } from '../format.ts'
import { aMonth, perTerm, planWords, saves } from '../words/plans.ts'
import { amountAMonth, isSoldOut, pricesIn, savingPercent } from '../plans.ts'

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
    <li class='plan' data-testid={`plan-${plan.id}`}>
      <h4 class='plan-name'>{plan.name}</h4>
      <p class='plan-summary'>{plan.summary}</p>
      <Limits plan={plan} />
      {price
        ? <Price price={price} prices={prices} />
        : <p class='plan-month'>{planWords.notInCurrency}</p>}
      {isSoldOut(plan) ? <p class='plan-out'>{planWords.soldOut}</p> : price && (
        <a
          class='button button-wide'
          href={`/plans/${plan.id}?term=${price.term}`}
          aria-label={planWords.chooseNamed(plan.name)}
        >
          {planWords.choose}
        </a>
      )}
    </li>
  )
}

/** What a plan has, as the panel will enforce it; what it has none of is left out. */
export function Limits({ plan }: { plan: Pick<PlanBody, 'limits' | 'featureLimits'> }) {
  const { limits, featureLimits } = plan
  const words = planWords
  const rows: [string, string | number][] = [
    [words.memory, formatMib(limits.memoryMib)],
    [words.cpu, formatCpu(limits.cpuPercent)],
    [words.disk, formatMib(limits.diskMib)],
    [words.backups, featureLimits.backups],
    [words.databases, featureLimits.databases],
    [words.ports, featureLimits.allocations],
  ]
  return (
    <dl class='limits'>
      {rows.filter(([, value]) => value !== 0).map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Price({ price, prices }: { price: PriceBody; prices: PriceBody[] }) {
  const percent = savingPercent(price, prices)
  const month = aMonth(formatMoney(amountAMonth(price), price.currency))
  return (
    <div class='plan-price'>
      <p>
        <strong class='plan-amount'>{formatMoney(price.unitAmount, price.currency)}</strong>{' '}
        {perTerm(price.term)}
      </p>
      {price.term !== 'monthly' && (
        <p class='plan-month'>
          {month}
          {percent > 0 && <span class='saving'>{saves(percent)}</span>}
        </p>
      )}
    </div>
  )
}
