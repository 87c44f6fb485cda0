import { useRoute } from 'preact-iso'
import { useLayoutEffect, useState } from 'preact/hooks'
import type { GameBody, PlanBody, RegionBody } from '../../api/plans/bodies.ts'
import { api } from '../api.ts'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { OpenDraftOrder } from '../components/open_draft_order.tsx'
import { Limits } from '../components/plan_card.tsx'
import { PlanForm } from '../components/plan_form.tsx'
import { Sprite } from '../components/sprite.tsx'
import { currencyOf } from '../currency.ts'
import { type Draft, newDraft, readDraft } from '../draft.ts'
import { configureWords } from '../words/configure.ts'
import { hasTerm, pricesIn, terms } from '../plans.ts'
import { ProblemError } from '../problem_error.ts'
import { useLoad } from '../use_load.ts'

interface Loadable {
  plan: PlanBody
  game?: GameBody
  regions: RegionBody[]
  currencies: string[]
}

export function Plan() {
  const { params: { id = '' }, query } = useRoute()
  const load = useLoad(`plan:${id}`, (signal) => loadPlan(id, signal))
  return (
    <Loaded load={load}>
      {(value) => <Configure {...value} wanted={query.term} canceled={query.canceled} />}
    </Loaded>
  )
}

async function loadPlan(id: string, signal: AbortSignal): Promise<Loadable> {
  const [{ plans, games, currencies }, regions] = await Promise.all([
    api.getPlans(signal),
    api.getRegions(signal),
  ])
  const plan = plans.find((each) => each.id === id)
  if (!plan) throw new ProblemError({ code: 'not-found', status: 404 })
  return { plan, game: games.find((each) => each.id === plan.gameId), regions, currencies }
}

interface ConfigureProps extends Loadable {
  /** The term chosen on the way here. */
  wanted?: string
  /** The order Stripe's page was left for. */
  canceled?: string
}

function Configure({ plan, game, regions, currencies, wanted, canceled }: ConfigureProps) {
  useTitle(plan.name)
  const currency = currencyOf(currencies.filter((each) => pricesIn(plan, each).length > 0))
  const [draft, setDraft] = useState<Draft>(() => newDraft(plan, firstTerm(plan, wanted)))
  const [version, setVersion] = useState(0)

  // What was filled in earlier is known to the browser alone, so it comes after the first drawing.
  useLayoutEffect(() => {
    const stored = readDraft(plan, draft)
    if (!stored) return
    setDraft(stored)
    setVersion(1)
  }, [plan])

  return (
    <div class='configure'>
      <div class='configure-head'>
        <p>
          <a class='back' href='/'>{configureWords.back}</a>
        </p>
        <div class='game-head'>
          <Sprite gameId={plan.gameId} />
          <div>
            <h1>{plan.name}</h1>
            <p>{game ? `${game.name}. ${plan.summary}` : plan.summary}</p>
          </div>
        </div>
        <Limits plan={plan} />
        <OpenDraftOrder orderId={canceled ?? draft.orderId} />
      </div>
      <PlanForm
        key={version}
        plan={plan}
        regions={regions}
        currency={currency}
        currencies={currencies}
        initial={draft}
      />
    </div>
  )
}

function firstTerm(plan: PlanBody, wanted: string | undefined) {
  const sold = terms.filter((term) => hasTerm(plan, term))
  return sold.find((term) => term === wanted) ?? sold[0] ?? 'monthly'
}
