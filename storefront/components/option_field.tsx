import type { OptionBody } from '../../api/plans/bodies.ts'
import { fieldWords } from '../words/fields.ts'
import { controlProps, FieldFrame, FieldNotes, TextField } from './field.tsx'

interface Props {
  option: OptionBody
  /** What the field shows first. */
  value: string
  error?: string
}

/** One setting of the server, in the kind of control its rule asks for. */
export function OptionField({ option, value, error }: Props) {
  const field = {
    name: `options/${option.variable}`,
    label: option.label,
    help: [option.help, ruleOf(option)].filter(Boolean).join(' '),
    error,
    required: option.required,
  }
  switch (option.kind) {
    case 'boolean':
      return <BooleanField {...field} checked={value === '1'} />
    case 'select':
      return <SelectField {...field} value={value} values={option.values ?? []} />
    case 'number':
      return <TextField {...field} input={numberInput(option, value)} />
    case 'text':
      return <TextField {...field} input={textInput(option, value)} />
    default:
      throw new Error(`Unknown kind of option ${option.kind satisfies never}`)
  }
}

/** The option's limits as a sentence, so that nobody learns them by being refused. */
function ruleOf({ kind, min, max, minLength, maxLength }: OptionBody): string {
  const words = fieldWords
  if (kind === 'number' && min !== undefined && max !== undefined) {
    return words.between(String(min), String(max))
  }
  if (kind !== 'text' || maxLength === undefined) return ''
  return minLength && minLength > 1 ? words.length(minLength, maxLength) : words.upTo(maxLength)
}

function numberInput({ min, max }: OptionBody, value: string) {
  return {
    type: 'number',
    inputMode: 'decimal',
    step: 'any',
    min,
    max,
    defaultValue: value,
  } as const
}

function textInput({ minLength, maxLength, pattern }: OptionBody, value: string) {
  const constraints = { minLength, maxLength, pattern }
  return { type: 'text', autocomplete: 'off', defaultValue: value, ...constraints } as const
}

type ControlProps = { name: string; label: string; help: string; error?: string; required: boolean }

function BooleanField({ checked, label, ...field }: ControlProps & { checked: boolean }) {
  // A box left empty is an answer too, so it is never required.
  const control = controlProps({ ...field, required: false })
  return (
    <div class='field'>
      <label class='check' for={control.id}>
        <input type='checkbox' defaultChecked={checked} {...control} />
        <span>{label}</span>
      </label>
      <FieldNotes {...field} />
    </div>
  )
}

function SelectField(
  { value, values, ...field }: ControlProps & { value: string; values: string[] },
) {
  return (
    <FieldFrame {...field}>
      <select class='input' {...controlProps(field)}>
        {values.map((each) => (
          <option key={each} value={each} selected={each === value}>{each}</option>
        ))}
      </select>
    </FieldFrame>
  )
}
