import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

export interface Countdown {
  /** Whole seconds that are left; 0 when there is nothing to wait for. */
  left: ReadonlySignal<number>
  start(seconds: number): void
}

/** Counts seconds down by the clock, so that a tab that slept is not behind; `first` starts at once. */
export function useCountdown(first = 0): Countdown {
  const until = useSignal(0)
  const left = useSignal(first)
  useEffect(() => {
    if (first > 0) until.value = Date.now() + first * 1000
  }, [])
  useEffect(() => {
    if (until.value === 0) return
    const timer = setInterval(() => {
      left.value = secondsUntil(until.value)
      if (left.value === 0) until.value = 0
    }, 250)
    return () => clearInterval(timer)
  }, [until.value])

  return {
    left,
    start(seconds) {
      until.value = Date.now() + seconds * 1000
      left.value = seconds
    },
  }
}

function secondsUntil(moment: number): number {
  return Math.max(0, Math.ceil((moment - Date.now()) / 1000))
}
