import { useLocation, useRoute } from 'preact-iso'
import type { GameBody, PlanBody, PlansBody, RegionBody } from '../../api/plans/bodies.ts'
import { api } from '../api.ts'
import { ComparePlans } from '../components/compare_plans.tsx'
import { Icon } from '../components/icon.tsx'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { PriceSettings } from '../components/price_settings.tsx'
import { Sprite } from '../components/sprite.tsx'
import { Bones, SlabBones } from '../components/waiting.tsx'
import { currencyOf } from '../currency.ts'
import { formatMoney } from '../format.ts'
import { cheapestMonth, shownTerm } from '../plans.ts'
import { ProblemError } from '../problem_error.ts'
import { useLoad } from '../use_load.ts'
import { gameWords } from '../words/games.ts'

interface Loadable {
  game: GameBody
  plans: PlanBody[]
  regions: RegionBody[]
  body: PlansBody
}

export function Game() {
  const { params: { id = '' } } = useRoute()
  const load = useLoad(`game:${id}`, (signal) => loadGame(id, signal))
  return (
    <Loaded
      load={load}
      whole
      skeleton={
        <>
          <Bones of={['back', 'heading', 'line']} />
          <SlabBones count={3} />
        </>
      }
    >
      {(value) => <Compare {...value} />}
    </Loaded>
  )
}

/** A game that is not sold is not there; one whose plans are all gone says so. */
async function loadGame(id: string, signal: AbortSignal): Promise<Loadable> {
  const [body, regions] = await Promise.all([api.getPlans(signal), api.getRegions(signal)])
  const game = body.games.find((each) => each.id === id)
  if (!game) throw new ProblemError({ code: 'not-found', status: 404 })
  return { game, plans: body.plans.filter((plan) => plan.gameId === id), regions, body }
}

function Compare({ game, plans, regions, body }: Loadable) {
  const { query: { term: wanted } } = useRoute()
  const { route } = useLocation()
  const term = shownTerm(plans, wanted)
  const currency = currencyOf(body.currencies)
  const cheapest = cheapestMonth(plans, term, currency)
  useTitle(gameWords.title(game.name))
  return (
    <>
      <a class='back' href='/'>
        <Icon name='back' />
        {gameWords.back}
      </a>
      <div class='page-head'>
        <div class='game-head'>
          <Sprite gameId={game.id} />
          <div>
            <h1>{gameWords.title(game.name)}</h1>
            <p class='lead'>{game.summary}</p>
          </div>
        </div>
        {cheapest && currency && (
          <p class='game-from'>{gameWords.from(formatMoney(cheapest, currency))}</p>
        )}
      </div>
      {plans.length === 0 ? <p class='lead'>{gameWords.noPlans}</p> : (
        <>
          <PriceSettings
            body={{ ...body, plans }}
            term={term}
            onTerm={(value) => route(`/games/${game.id}?term=${value}`, true)}
          />
          <ComparePlans
            game={game}
            plans={plans}
            regions={regions}
            term={term}
            currency={currency}
          />
        </>
      )}
    </>
  )
}
