import { useSignal } from '@preact/signals'
import type { GameBody, PlansBody, Term } from '../../api/plans/bodies.ts'
import { api } from '../api.ts'
import { GameTiles } from '../components/game_tiles.tsx'
import { Icon } from '../components/icon.tsx'
import { Island } from '../components/island.tsx'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { OrderExample } from '../components/order_example.tsx'
import { PlanCard } from '../components/plan_card.tsx'
import { PriceSettings } from '../components/price_settings.tsx'
import { SlabBones } from '../components/waiting.tsx'
import { currencyOf } from '../currency.ts'
import { shownTerm } from '../plans.ts'
import { useLoad } from '../use_load.ts'
import { homeWords } from '../words/home.ts'

export function Home() {
  useTitle(homeWords.title)
  const load = useLoad('plans', api.getPlans)
  return (
    <div class='home'>
      <Hero />
      <section id='plans' class='plans' aria-labelledby='plans-heading' tabIndex={-1}>
        <h2 id='plans-heading'>{homeWords.plansHeading}</h2>
        <Loaded load={load} skeleton={<SlabBones count={4} />}>
          {(body) => <Shelf body={body} />}
        </Loaded>
      </section>
      <section id='promise' class='promise' aria-labelledby='promise-heading' tabIndex={-1}>
        <OrderExample />
      </section>
      <Steps />
      <Questions />
    </div>
  )
}

function Hero() {
  return (
    <section class='hero'>
      <div class='hero-words'>
        <h1>{homeWords.headingLines.map((line) => <span key={line}>{line}</span>)}</h1>
        <p class='lead'>{homeWords.lead}</p>
        <p class='actions'>
          <a class='button' href='#plans'>{homeWords.choose}</a>
          <a class='button button-quiet' href='#promise'>{homeWords.how}</a>
        </p>
      </div>
      <Island beam='lit' />
    </section>
  )
}

/** The games to choose from, and the plans of the chosen one side by side. */
function Shelf({ body }: { body: PlansBody }) {
  const games = body.games.filter(({ id }) => body.plans.some((plan) => plan.gameId === id))
  const chosen = useSignal(games[0])
  const wanted = useSignal<Term>('monthly')
  if (!chosen.value) return <p>{homeWords.noPlans}</p>
  const term = shownTerm(body.plans, wanted.value)
  return (
    <>
      <GameTiles
        games={games}
        chosen={chosen.value}
        body={body}
        term={term}
        onChoose={(game) => chosen.value = game}
      />
      <PriceSettings body={body} term={term} onTerm={(value) => wanted.value = value} />
      <Plans game={chosen.value} body={body} term={term} />
    </>
  )
}

function Plans({ game, body, term }: { game: GameBody; body: PlansBody; term: Term }) {
  const plans = body.plans.filter((plan) => plan.gameId === game.id)
  return (
    <section aria-labelledby='game-heading'>
      <h3 id='game-heading' class='heard'>{game.name}</h3>
      <ul class='plan-list'>
        {plans.map((plan) => (
          <PlanCard key={plan.id} plan={plan} term={term} currency={currencyOf(body.currencies)} />
        ))}
        <li class='plan-more'>
          <a class='back' href={`/games/${game.id}?term=${term}`}>
            {homeWords.compare(game.name)}
            <Icon name='next' />
          </a>
        </li>
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

function Questions() {
  return (
    <section class='questions' aria-labelledby='questions-heading'>
      <h2 id='questions-heading'>{homeWords.questionsHeading}</h2>
      <div class='questions-list'>
        {homeWords.questions.map(({ question, answer }) => (
          <details key={question}>
            <summary>
              {question}
              <Icon name='more' />
            </summary>
            <p>{answer}</p>
          </details>
        ))}
      </div>
    </section>
  )
}
