import { commonWords } from '../words/common.ts'

/**
 * Sends a form. While it is being sent the button says so and does nothing, but keeps the focus,
 * which a disabled one would lose.
 */
export function SubmitButton(
  { label, pending, wide = false, testId }: {
    label: string
    pending: boolean
    wide?: boolean
    testId?: string
  },
) {
  return (
    <button
      type='submit'
      class={wide ? 'button button-wide' : 'button'}
      aria-disabled={pending ? 'true' : undefined}
      data-testid={testId}
    >
      {pending ? commonWords.working : label}
    </button>
  )
}
