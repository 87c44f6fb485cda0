import type { ComponentChildren } from 'preact'
import type { GameBody, PlanBody, RegionBody, Term } from '../../api/plans/bodies.ts'
import { isSoldOut, pricesIn } from '../plans.ts'
import { gameWords } from '../words/games.ts'
import { planWords } from '../words/plans.ts'
import { limitsOf } from './limits.tsx'
import { Price } from './plan_card.tsx'

interface Props {
  game: GameBody
  plans: PlanBody[]
  regions: RegionBody[]
  term: Term
  currency: string | undefined
}

/**
 * The plans of a game under each other, a column for each thing they differ in. The roles repeat what
 * the elements mean, because a phone draws each row as a card, and some browsers then forget it.
 */
export function ComparePlans({ game, plans, regions, term, currency }: Props) {
  const columns = limitColumns(plans)
  return (
    <table class='compare' role='table'>
      <caption class='heard'>{gameWords.caption(game.name)}</caption>
      <thead role='rowgroup'>
        <tr role='row'>
          <Head>{gameWords.plan}</Head>
          {columns.map((label) => <Head key={label}>{label}</Head>)}
          <Head>{gameWords.regions}</Head>
          <Head>{gameWords.price}</Head>
          <Head>
            <span class='heard'>{gameWords.action}</span>
          </Head>
        </tr>
      </thead>
      <tbody role='rowgroup'>
        {plans.map((plan) => (
          <PlanRow
            key={plan.id}
            plan={plan}
            columns={columns}
            regions={regions}
            term={term}
            currency={currency}
          />
        ))}
      </tbody>
    </table>
  )
}

function Head({ children }: { children: ComponentChildren }) {
  return <th scope='col' role='columnheader'>{children}</th>
}

/** What at least one of the plans has, so that no column is empty. */
function limitColumns(plans: PlanBody[]): string[] {
  const labels = plans.flatMap((plan) =>
    limitsOf(plan).filter(([, value]) => value !== 0).map(([label]) => label)
  )
  return limitsOf(plans[0]).map(([label]) => label).filter((label) => labels.includes(label))
}

interface RowProps extends Omit<Props, 'game' | 'plans'> {
  plan: PlanBody
  columns: string[]
}

function PlanRow({ plan, columns, regions, term, currency }: RowProps) {
  const prices = pricesIn(plan, currency)
  const price = prices.find((each) => each.term === term) ?? prices[0]
  const limits = new Map(limitsOf(plan))
  return (
    <tr role='row' data-testid={`plan-${plan.id}`}>
      <th scope='row' role='rowheader'>
        <span class='compare-name'>{plan.name}</span>
        <span class='compare-about'>{plan.summary}</span>
      </th>
      {columns.map((label) => (
        <td key={label} role='cell' data-label={label} class='compare-limit'>
          {limits.get(label) || <span class='soft'>{gameWords.none}</span>}
        </td>
      ))}
      <td role='cell' data-label={gameWords.regions} class='compare-regions'>
        <Regions plan={plan} regions={regions} />
      </td>
      <td role='cell' class='compare-price'>
        {price ? <Price price={price} prices={prices} /> : planWords.notInCurrency}
      </td>
      <td role='cell' class='compare-action'>
        {isSoldOut(plan) ? <p class='plan-out'>{planWords.soldOut}</p> : price && (
          <a
            class='button button-quiet plan-link'
            href={`/plans/${plan.id}?term=${price.term}`}
            aria-label={planWords.chooseNamed(plan.name)}
          >
            {planWords.choose}
          </a>
        )}
      </td>
    </tr>
  )
}

/** Where the plan is sold; what is sold out stays in sight. */
function Regions({ plan, regions }: { plan: PlanBody; regions: RegionBody[] }) {
  return (
    <ul>
      {plan.regions.map(({ id, available }) => {
        const name = regions.find((region) => region.id === id)?.name ?? id
        return (
          <li key={id} class={available ? '' : 'region-full'}>
            {available ? name : gameWords.soldOutIn(name)}
          </li>
        )
      })}
    </ul>
  )
}
