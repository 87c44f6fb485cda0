import { type ReadonlySignal, signal } from '@preact/signals'

const version = signal(0)

/** Grows whenever something on the page ended sessions, so that their list looks again. */
export const sessionsVersion: ReadonlySignal<number> = version

export function sessionsChanged(): void {
  version.value++
}
