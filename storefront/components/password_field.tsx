import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { passwordWords } from '../words/auth.ts'
import { controlProps, FieldFrame } from './field.tsx'

interface Props {
  name: string
  label: string
  /** A new password is asked to be long; an old one is taken as it is. */
  fresh: boolean
  help?: string
  error?: string
  /** Tells apart the fields of one name in several forms of a page. */
  group?: string
  testId?: string
}

/** A password that can be looked at, which beats typing it twice. */
export function PasswordField({ fresh, label, testId, ...given }: Props) {
  const { input, shown, toggle } = useShowing()
  const length = useSignal(0)
  // A password that was refused is not praised for its length at the same time.
  const judged = fresh && !given.error
  const field = { ...given, help: judged ? passwordWords.length(length.value) : given.help }
  return (
    <FieldFrame {...field} label={label}>
      <div class='input-row'>
        <input
          ref={input}
          {...controlProps(field)}
          class='input'
          type='password'
          autocomplete={fresh ? 'new-password' : 'current-password'}
          autocapitalize='none'
          autocorrect='off'
          spellcheck={false}
          minLength={fresh ? 8 : undefined}
          maxLength={256}
          data-testid={testId}
          onInput={(event) => length.value = [...event.currentTarget.value].length}
        />
        <button
          type='button'
          class='button button-quiet'
          aria-label={shown ? passwordWords.hidePassword : passwordWords.showPassword}
          // The pointer leaves the focus, and with it the caret, in the field.
          onPointerDown={(event) => event.preventDefault()}
          onMouseDown={(event) => event.preventDefault()}
          onClick={toggle}
        >
          {shown ? passwordWords.hide : passwordWords.show}
        </button>
      </div>
      {judged && <Strength length={length.value} />}
    </FieldFrame>
  )
}

/** Shows and hides what is typed in one and the same input, as password managers hold on to it. */
function useShowing() {
  const input = useRef<HTMLInputElement>(null)
  const shown = useSignal(false)

  function show(field: HTMLInputElement, plain: boolean) {
    const { selectionStart, selectionEnd } = field
    field.type = plain ? 'text' : 'password'
    // Browsers put the caret to the start a moment after the type has changed.
    requestAnimationFrame(() => field.setSelectionRange(selectionStart, selectionEnd))
    shown.value = plain
  }

  useLayoutEffect(() => {
    const form = input.current?.form
    // Sent while it is shown, the browser would remember it among plain texts.
    const hide = () => input.current && show(input.current, false)
    form?.addEventListener('submit', hide)
    return () => form?.removeEventListener('submit', hide)
  }, [])

  return {
    input,
    shown: shown.value,
    toggle: () => input.current && show(input.current, !shown.value),
  }
}

/** Length as blocks, for the eye alone: the words below say the same. */
function Strength({ length }: { length: number }) {
  const blocks = [1, 8, 12, 15]
  const lit = blocks.filter((least) => length >= least).length
  return (
    <span class={`strength strength-${lit}`} aria-hidden='true'>
      {blocks.map((least) => <i key={least} />)}
    </span>
  )
}
