import type { GameBody, PlansBody, Term } from '../../api/plans/bodies.ts'
import { currencyOf } from '../currency.ts'
import { formatMoney } from '../format.ts'
import { cheapestMonth } from '../plans.ts'
import { homeWords } from '../words/home.ts'
import { Sprite } from './sprite.tsx'

interface Props {
  games: GameBody[]
  chosen: GameBody
  body: PlansBody
  term: Term
  onChoose(game: GameBody): void
}

/** One tile a game, each with what its cheapest plan costs a month. One of them is chosen. */
export function GameTiles({ games, chosen, body, term, onChoose }: Props) {
  return (
    <fieldset class='tiles'>
      <legend class='heard'>{homeWords.gameLabel}</legend>
      {games.map((game) => (
        <label key={game.id} class='tile'>
          <input
            type='radio'
            name='shown-game'
            value={game.id}
            checked={game.id === chosen.id}
            onChange={() => onChoose(game)}
          />
          <Sprite gameId={game.id} />
          <span class='tile-name'>{game.name}</span>
          <span class='tile-from'>{fromPrice(game, body, term)}</span>
        </label>
      ))}
    </fieldset>
  )
}

function fromPrice(game: GameBody, body: PlansBody, term: Term): string {
  const plans = body.plans.filter((plan) => plan.gameId === game.id)
  const currency = currencyOf(body.currencies)
  const amount = cheapestMonth(plans, term, currency)
  return amount && currency ? homeWords.from(formatMoney(amount, currency)) : ''
}
