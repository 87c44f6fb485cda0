import type { PlanBody, Term } from '../../api/plans/bodies.ts'
import { formatMoney } from '../format.ts'
import { isSoldOut, pricesIn } from '../plans.ts'
import { configureWords } from '../words/configure.ts'
import { perTerm, planWords } from '../words/plans.ts'
import { Limits } from './limits.tsx'

interface Props {
  plans: PlanBody[]
  current: PlanBody
  term: Term
  currency: string | undefined
}

/** The plans of the game side by side; going to another one keeps what was filled in. */
export function PlanSwitch({ plans, current, term, currency }: Props) {
  return (
    <section class='card switch' aria-labelledby='switch-heading'>
      <h2 id='switch-heading' class='legend'>{configureWords.switchHeading}</h2>
      {plans.length > 1 && (
        <ul class='switch-list'>
          {plans.map((plan) => (
            <li key={plan.id}>
              <a
                href={`/plans/${plan.id}?term=${term}`}
                aria-current={plan.id === current.id ? 'page' : undefined}
              >
                <strong>{plan.name}</strong>
                <span class='numbers'>{priceOf(plan, term, currency)}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
      <Limits of={current} />
    </section>
  )
}

function priceOf(plan: PlanBody, term: Term, currency: string | undefined): string {
  if (isSoldOut(plan)) return planWords.soldOut
  const price = pricesIn(plan, currency).find((each) => each.term === term)
  if (!price) return ''
  return `${formatMoney(price.unitAmount, price.currency)} ${perTerm(term)}`
}
