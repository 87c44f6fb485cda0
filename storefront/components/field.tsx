import type { ComponentChildren, InputHTMLAttributes } from 'preact'
import { fieldId } from '../form.ts'
import { fieldWords } from '../words/fields.ts'

interface FrameProps {
  name: string
  label: string
  help?: string
  error?: string
  required?: boolean
  /** See `fieldId`. */
  group?: string
  children: ComponentChildren
}

/** A label above its control, with the help and the error that describe it. */
export function FieldFrame(
  { name, label, help, error, required = true, group, children }: FrameProps,
) {
  const id = fieldId(name, group)
  return (
    <div class='field'>
      <label class='field-label' for={id}>
        {label}
        {!required && <span class='field-optional'>{fieldWords.optional}</span>}
      </label>
      {children}
      <FieldNotes name={name} help={help} error={error} group={group} />
    </div>
  )
}

/** Help and error of a field, under the ids that `describedBy` names. */
export function FieldNotes(
  { name, help, error, group }: { name: string; help?: string; error?: string; group?: string },
) {
  const id = fieldId(name, group)
  return (
    <>
      {error && <p class='field-error' id={`${id}-error`}>{error}</p>}
      {help && <p class='field-help' id={`${id}-help`}>{help}</p>}
    </>
  )
}

/** What every control of a field carries besides its own attributes. */
export function controlProps(
  { name, help, error, required = true, group }: Omit<FrameProps, 'label' | 'children'>,
) {
  return {
    id: fieldId(name, group),
    name,
    required,
    'aria-invalid': error ? 'true' as const : undefined,
    'aria-describedby': describedBy(name, help, error, group),
  }
}

/** The ids of a field's notes, for `aria-describedby`; the error is read first. */
export function describedBy(
  name: string,
  help?: string,
  error?: string,
  group?: string,
): string | undefined {
  const id = fieldId(name, group)
  const ids = [error && `${id}-error`, help && `${id}-help`].filter(Boolean)
  return ids.length ? ids.join(' ') : undefined
}

type TextProps = Omit<FrameProps, 'children'> & { input: InputHTMLAttributes; testId?: string }

/** One line of text. `input` is passed on: type, autocomplete and the HTML constraints. */
export function TextField({ input, testId, ...field }: TextProps) {
  return (
    <FieldFrame {...field}>
      <input
        class='input'
        {...input}
        {...controlProps(field)}
        data-testid={testId}
      />
    </FieldFrame>
  )
}
