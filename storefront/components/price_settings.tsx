import type { PlansBody, Term } from '../../api/plans/bodies.ts'
import { terms, termsOf } from '../plans.ts'
import { planWords, termName } from '../words/plans.ts'
import { Choices } from './choice.tsx'
import { CurrencySelect } from './currency_select.tsx'

interface Props {
  body: PlansBody
  /** The term whose prices are shown. */
  term: Term
  onTerm(term: Term): void
}

/** How the prices of a page are shown: for which term and in which currency. */
export function PriceSettings({ body, term, onTerm }: Props) {
  return (
    <div class='plans-settings'>
      <Choices
        name='shown-term'
        legend={planWords.termLabel}
        look='quiet'
        value={term}
        choices={termsOf(body.plans).map((value) => ({ value, label: termName(value) }))}
        onChoose={(chosen) => onTerm(terms.find((each) => each === chosen) ?? term)}
      />
      <CurrencySelect currencies={body.currencies} />
    </div>
  )
}
