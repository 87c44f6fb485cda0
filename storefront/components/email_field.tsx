import { useLayoutEffect, useRef } from 'preact/hooks'
import { keepEmail, keptEmail } from '../typed_email.ts'
import { authWords } from '../words/auth.ts'
import { controlProps, FieldFrame } from './field.tsx'

/** The address of an account: it starts with the one typed last, and goes along to the next form. */
export function EmailField({ error }: { error?: string }) {
  const input = useRef<HTMLInputElement>(null)
  const field = { name: 'email', error }

  // Only the browser knows what was typed, so it comes after the first drawing.
  useLayoutEffect(() => {
    if (input.current && !input.current.value) input.current.value = keptEmail()
  }, [])

  return (
    <FieldFrame {...field} label={authWords.email}>
      <input
        ref={input}
        {...controlProps(field)}
        class='input'
        type='email'
        autocomplete='username'
        autocapitalize='none'
        spellcheck={false}
        maxLength={254}
        data-testid='email'
        onInput={(event) => keepEmail(event.currentTarget.value)}
      />
    </FieldFrame>
  )
}
