import type { ComponentChildren } from 'preact'
import { describedBy, FieldNotes } from './field.tsx'

export interface Choice {
  value: string
  label: string
  /** Said beside the label: a price, a country. */
  detail?: ComponentChildren
  disabled?: boolean
}

interface Props {
  name: string
  legend: string
  choices: Choice[]
  /** The choice marked first; the form owns it from then on, unless `onChoose` is given. */
  value: string
  help?: string
  error?: string
  /** A control that changes how all the choices are shown. */
  beside?: ComponentChildren
  testId?: string
  /** `quiet` draws a small row for a page's settings instead of a form's big cards. */
  look?: 'cards' | 'quiet'
  onChoose?(value: string): void
}

/** A set of radio buttons of which one is chosen. */
export function Choices(props: Props) {
  const { name, legend, choices, help, error, beside, testId, look = 'cards' } = props
  return (
    <fieldset
      class={look === 'cards' ? 'choices card' : 'choices-quiet'}
      data-testid={testId}
      aria-describedby={describedBy(name, help, error)}
    >
      <legend>{legend}</legend>
      {beside && <div class='choices-beside'>{beside}</div>}
      <FieldNotes name={name} help={help} error={error} />
      <div class='choices-list'>
        {choices.map((choice) => <ChoiceCard key={choice.value} choice={choice} group={props} />)}
      </div>
    </fieldset>
  )
}

function ChoiceCard({ choice, group }: { choice: Choice; group: Props }) {
  return (
    <label class='choice'>
      <input
        type='radio'
        name={group.name}
        value={choice.value}
        required
        defaultChecked={choice.value === group.value}
        disabled={choice.disabled}
        checked={choice.disabled ? false : undefined}
        aria-invalid={group.error ? 'true' : undefined}
        onChange={() => group.onChoose?.(choice.value)}
      />
      <span class='choice-label'>{choice.label}</span>
      {choice.detail && <span class='choice-detail'>{choice.detail}</span>}
    </label>
  )
}
