/**
 * A reason not to start that the person at the keyboard can act on. Its message is one sentence
 * with the way out; it is shown as it is, without a stack.
 */
export class StartError extends Error {
  override name = 'StartError'
}

/** What may be shown of any failure: the sentence of a StartError, else the message with its stack. */
export function explain(error: unknown): string {
  if (error instanceof StartError) return error.message
  if (error instanceof Error) return error.stack ?? error.message
  return String(error)
}
