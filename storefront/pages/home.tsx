import { useSignal } from '@preact/signals'
import type { GameBody, PlansBody, Term } from '../../api/plans/bodies.ts'
import { api } from '../api.ts'
import { Choices } from '../components/choice.tsx'
import { CurrencySelect } from '../components/currency_select.tsx'
import { Island } from '../components/island.tsx'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { PlanCard } from '../components/plan_card.tsx'
import { Sprite } from '../components/sprite.tsx'
import { currencyOf } from '../currency.ts'
import { homeWords } from '../words/home.ts'
import { termChoice } from '../words/plans.ts'
import { terms, termsOf } from '../plans.ts'
import { useLoad } from '../use_load.ts'

export function Home() {
  useTitle(homeWords.title)
  const load = useLoad('plans', api.getPlans)
  return (
    <>
      <Hero />
      <section id='plans' class='plans' aria-labelledby='plans-heading' tabIndex={-1}>
        <h2 id='plans-heading'>{homeWords.plansHeading}</h2>
        <Loaded load={load}>{(body) => <Plans body={body} />}</Loaded>
      </section>
      <Steps />
    </>
  )
}

function Hero() {
  return (
    <section class='hero'>
      <div>
        <h1>{homeWords.headingLines.map((line) => <span key={line}>{line}</span>)}</h1>
        <p class='lead'>{homeWords.lead}</p>
        <p>
          <a class='button' href='#plans'>{homeWords.choose}</a>
        </p>
      </div>
      <Island beam='lit' />
    </section>
  )
}

function Plans({ body }: { body: PlansBody }) {
  const sold = termsOf(body.plans)
  const term = useSignal<Term>(sold[0] ?? 'monthly')
  if (body.plans.length === 0) return <p>{homeWords.noPlans}</p>
  return (
    <>
      <div class='plans-settings'>
        <Choices
          name='shown-term'
          legend={homeWords.termLabel}
          look='quiet'
          value={term.value}
          choices={sold.map((value) => ({ value, label: termChoice(value) }))}
          onChoose={(chosen) => term.value = terms.find((each) => each === chosen) ?? term.value}
        />
        <CurrencySelect currencies={body.currencies} />
      </div>
      {body.games.map((game) => <Game key={game.id} game={game} body={body} term={term.value} />)}
    </>
  )
}

function Game({ game, body, term }: { game: GameBody; body: PlansBody; term: Term }) {
  const plans = body.plans.filter((plan) => plan.gameId === game.id)
  if (plans.length === 0) return null
  return (
    <section class='game' aria-labelledby={`game-${game.id}`}>
      <div class='game-head'>
        <Sprite gameId={game.id} />
        <div>
          <h3 id={`game-${game.id}`}>{game.name}</h3>
          <p>{game.summary}</p>
        </div>
      </div>
      <ul class='plan-list'>
        {plans.map((plan) => (
          <PlanCard key={plan.id} plan={plan} term={term} currency={currencyOf(body.currencies)} />
        ))}
      </ul>
    </section>
  )
}

function Steps() {
  return (
    <section class='how' aria-labelledby='how-heading'>
      <h2 id='how-heading'>{homeWords.stepsHeading}</h2>
      <ol>
        {homeWords.steps.map(({ title, body }) => (
          <li key={title}>
            <h3>{title}</h3>
            <p>{body}</p>
          </li>
        ))}
      </ol>
    </section>
  )
}
