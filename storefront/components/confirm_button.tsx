import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { commonWords } from '../words/common.ts'

interface Props {
  label: string
  /** Where the label alone does not say what it is about. */
  name?: string
  question: string
  yes: string
  no: string
  act(): Promise<void>
}

/**
 * A button that asks once more in its own place. Escape and "no" lead back to it; where the focus
 * goes after "yes" is up to `act`, as what the button is about is often gone then.
 */
export function ConfirmButton({ label, name, question, yes, no, act }: Props) {
  const asking = useSignal(false)
  const pending = useSignal(false)
  const first = useRef<HTMLButtonElement>(null)
  const focusNext = useRef(false)

  useLayoutEffect(() => {
    if (focusNext.current) first.current?.focus()
    focusNext.current = false
  }, [asking.value])

  function ask(whether: boolean) {
    focusNext.current = true
    asking.value = whether
  }

  async function confirm() {
    if (pending.value) return
    pending.value = true
    try {
      await act()
      asking.value = false
    } finally {
      pending.value = false
    }
  }

  if (!asking.value) {
    return (
      <button
        type='button'
        class='button button-quiet'
        ref={first}
        aria-label={name}
        onClick={() => ask(true)}
      >
        {label}
      </button>
    )
  }
  return (
    <div
      class='asking'
      role='group'
      aria-label={question}
      onKeyDown={(event) => {
        if (event.key === 'Escape') ask(false)
      }}
    >
      <p>{question}</p>
      <p class='actions'>
        <button
          type='button'
          class='button button-bad'
          ref={first}
          aria-disabled={pending.value ? 'true' : undefined}
          onClick={confirm}
        >
          {pending.value ? commonWords.working : yes}
        </button>
        <button type='button' class='button button-quiet' onClick={() => ask(false)}>
          {no}
        </button>
      </p>
    </div>
  )
}
