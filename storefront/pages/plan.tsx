import { useRoute } from 'preact-iso'
import { useLayoutEffect, useState } from 'preact/hooks'
import type { PlanBody, PlansBody, RegionBody } from '../../api/plans/bodies.ts'
import { api } from '../api.ts'
import { Icon } from '../components/icon.tsx'
import { useTitle } from '../components/layout.tsx'
import { Loaded } from '../components/loaded.tsx'
import { OpenDraftOrder } from '../components/open_draft_order.tsx'
import { PlanForm } from '../components/plan_form.tsx'
import { Sprite } from '../components/sprite.tsx'
import { Bones } from '../components/waiting.tsx'
import { currencyOf } from '../currency.ts'
import { type Draft, newDraft, readDraft } from '../draft.ts'
import { pricesIn, shownTerm } from '../plans.ts'
import { useLoad } from '../use_load.ts'
import { configureWords } from '../words/configure.ts'
import { NotFound } from './not_found.tsx'

interface Loadable {
  body: PlansBody
  regions: RegionBody[]
}

/** All plans are loaded once, so that going from one to another shows it at once. */
export function Plan() {
  const { params: { id }, query } = useRoute()
  const load = useLoad('plans', loadPlans)
  return (
    <Loaded load={load} whole skeleton={<ConfigureBones />}>
      {({ body, regions }) => {
        const plan = body.plans.find((each) => each.id === id)
        if (!plan) return <NotFound />
        return (
          <Configure
            key={plan.id}
            plan={plan}
            body={body}
            regions={regions}
            wanted={query.term}
            canceled={query.canceled}
          />
        )
      }}
    </Loaded>
  )
}

async function loadPlans(signal: AbortSignal): Promise<Loadable> {
  const [body, regions] = await Promise.all([api.getPlans(signal), api.getRegions(signal)])
  return { body, regions }
}

interface ConfigureProps extends Loadable {
  plan: PlanBody
  /** The term chosen on the way here. */
  wanted?: string
  /** The order Stripe's page was left for. */
  canceled?: string
}

function Configure({ plan, body, regions, wanted, canceled }: ConfigureProps) {
  useTitle(plan.name)
  const { games, plans, currencies } = body
  const game = games.find((each) => each.id === plan.gameId)
  const currency = currencyOf(currencies.filter((each) => pricesIn(plan, each).length > 0))
  const [draft, setDraft] = useState<Draft>(() => newDraft(plan, shownTerm([plan], wanted)))
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
      <div>
        <a class='back' href={`/games/${plan.gameId}`}>
          <Icon name='back' />
          {configureWords.back(game?.name ?? '')}
        </a>
        <div class='game-head'>
          <Sprite gameId={plan.gameId} />
          <div>
            <h1>{plan.name}</h1>
            <p class='lead'>{plan.summary}</p>
          </div>
        </div>
      </div>
      <OpenDraftOrder orderId={canceled ?? draft.orderId} />
      <PlanForm
        key={version}
        plan={plan}
        siblings={plans.filter((each) => each.gameId === plan.gameId)}
        regions={regions}
        currency={currency}
        currencies={currencies}
        initial={draft}
      />
    </div>
  )
}

function ConfigureBones() {
  return (
    <>
      <Bones of={['back', 'heading', 'line']} />
      <div class='configure-form'>
        <div class='card'>
          <Bones of={['title', 'button', 'title', 'button', 'title', 'button']} />
        </div>
        <div class='card'>
          <Bones of={['title', 'line', 'heading', 'button']} />
        </div>
      </div>
    </>
  )
}
