import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { recall, remember } from './storage.ts'

/** `undefined` until the page's address was read; '' when there is no token. */
export type LinkToken = Signal<string | undefined>

/**
 * The token of a link from a mail. It leaves the address bar at once, so that no history keeps it,
 * and stays with the tab, so that loading the page again keeps it.
 */
export function useLinkToken(purpose: 'reset' | 'verify'): LinkToken {
  const token = useSignal<string | undefined>(undefined)
  useEffect(() => {
    const take = () => token.value = takeToken(purpose)
    take()
    // A second link opened in the same tab changes nothing but the fragment.
    addEventListener('hashchange', take)
    return () => removeEventListener('hashchange', take)
  }, [])
  return token
}

/** Forgets a token that was used, or that the API does not know. */
export function dropToken(purpose: 'reset' | 'verify'): void {
  remember('session', keyOf(purpose), undefined)
}

function takeToken(purpose: 'reset' | 'verify'): string {
  const given = location.hash.slice(1)
  if (!given) return recall('session', keyOf(purpose)) ?? ''
  remember('session', keyOf(purpose), given)
  history.replaceState(history.state, '', location.pathname + location.search)
  return given
}

function keyOf(purpose: string): string {
  return `token:${purpose}`
}
