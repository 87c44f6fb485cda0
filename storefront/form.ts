import { fieldWords } from './words/fields.ts'

/** Field name → message. */
export type FieldErrors = Record<string, string>

type Control = HTMLInputElement | HTMLSelectElement

/** What the form's own HTML constraints refuse, in our words: one message a field. */
export function constraintErrors(form: HTMLFormElement): FieldErrors {
  const errors: FieldErrors = {}
  for (const control of controlsOf(form)) {
    if (!control.willValidate || control.validity.valid) continue
    errors[control.name] ??= messageOf(control)
  }
  return errors
}

/** Moves the focus to the first field with an error. Call it once the errors are on the page. */
export function focusFirstError(form: HTMLFormElement): void {
  const invalid = controlsOf(form).find((control) =>
    control.getAttribute('aria-invalid') === 'true' && !control.disabled
  )
  const target = invalid ?? form.querySelector<HTMLElement>('[role=alert]')
  target?.focus()
}

/**
 * The id of a field's control, which label, help and error name as well. `group` tells apart the
 * fields of one name in several forms of a page.
 */
export function fieldId(name: string, group = 'field'): string {
  return `${group}-${name.replaceAll('/', '-')}`
}

function controlsOf(form: HTMLFormElement): Control[] {
  return [...form.querySelectorAll<Control>('input[name], select[name]')]
}

function messageOf(control: Control): string {
  const { validity } = control
  const words = fieldWords
  if (validity.valueMissing) return control.type === 'radio' ? words.choose : words.missing
  if (validity.badInput) return words.notNumber
  if (validity.typeMismatch) return words.email
  if (control instanceof HTMLSelectElement) return words.choose
  if (validity.tooShort) return words.tooShort(control.minLength)
  if (validity.tooLong) return words.tooLong(control.maxLength)
  if (validity.rangeUnderflow) return words.tooSmall(control.min)
  if (validity.rangeOverflow) return words.tooLarge(control.max)
  return words.pattern
}
