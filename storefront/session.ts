import { type ReadonlySignal, signal } from '@preact/signals'
import { api, type Credentials, type User } from './api.ts'
import { asProblem } from './problem_error.ts'
import { recall, remember } from './storage.ts'

/** Says "somebody is signed in here" to the other tabs and to the next visit; holds no secret. */
const HINT = 'signed-in'

const current = signal<User | null | undefined>(undefined)

const gone = signal(false)

/** The signed-in user; null when nobody is; undefined until that is known. */
export const user: ReadonlySignal<User | null | undefined> = current

/** True once the session ended without this tab's doing: what it shows is nobody's to see. */
export const signedOutElsewhere: ReadonlySignal<boolean> = gone

/** Asks the API who is signed in, unless nobody ever was in this browser. */
export async function loadSession(): Promise<void> {
  if (!recall('local', HINT)) {
    gone.value = Boolean(current.value)
    current.value = null
    return
  }
  try {
    enter(await api.getCurrentUser())
  } catch (error) {
    // Any other failure says nothing about the session, so the hint stays for the next try.
    if (asProblem(error).problem.status === 401) endSession()
    else current.value ??= null
  }
}

/** For a page that got an answer only a signed-in user gets, in a browser without our hint. */
export async function confirmSession(): Promise<void> {
  if (current.value) return
  remember('local', HINT, '1')
  await loadSession()
}

/** Takes over the user as the API just told them. */
export function enter(user: User): void {
  current.value = user
  gone.value = false
  remember('local', HINT, '1')
}

/** The user as the API has them now. Throws a ProblemError as `api.getCurrentUser()` does. */
export async function reloadUser(): Promise<User> {
  const user = await api.getCurrentUser()
  enter(user)
  return user
}

export async function logIn(credentials: Credentials): Promise<void> {
  enter(await api.logIn(credentials))
}

export async function signUp(credentials: Credentials): Promise<void> {
  enter(await api.signUp(credentials))
}

export async function logOut(): Promise<void> {
  await api.logOut()
  endSession()
}

/** Forgets who was signed in, here and in the other tabs. */
export function endSession(): void {
  remember('local', HINT, undefined)
  current.value = null
}

/** Follows signing in and out in other tabs. Returns how to stop. */
export function watchOtherTabs(): () => void {
  function onStorage(event: StorageEvent) {
    if (event.key === HINT) void loadSession()
  }
  addEventListener('storage', onStorage)
  return () => removeEventListener('storage', onStorage)
}
