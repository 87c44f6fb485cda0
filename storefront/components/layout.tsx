import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { brand, commonWords } from '../words/common.ts'
import { withNext } from '../next_path.ts'
import { logOut, user } from '../session.ts'
import { Mark } from './island.tsx'
import { OfflineStrip } from './offline_strip.tsx'

/** Header, main and footer around every page. */
export function Layout({ children }: { children: ComponentChildren }) {
  return (
    <>
      <a class='skip' href='#main'>{commonWords.skip}</a>
      <Header />
      <OfflineStrip />
      <main id='main' class='main' tabIndex={-1}>{children}</main>
      <footer class='footer'>
        <p>{commonWords.footer.promise}</p>
        <p>{commonWords.footer.payments}</p>
      </footer>
    </>
  )
}

/** Names the browser's tab after the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${brand}`
  }, [title])
}

function Header() {
  const words = commonWords.nav
  return (
    <header class='header'>
      <a class='brand' href='/' aria-label={words.home}>
        <Mark />
        <span>{brand}</span>
      </a>
      <nav class='nav' aria-label={words.label}>
        <NavLink href='/' label={words.plans} />
        {user.value && <NavLink href='/servers' label={words.servers} />}
        {user.value && <NavLink href='/orders' label={words.orders} />}
        {user.value && <NavLink href='/account' label={words.account} />}
        {user.value ? <LogOut email={user.value.email} /> : <LogInOrSignUp />}
      </nav>
    </header>
  )
}

function NavLink({ href, label }: { href: string; label: string }) {
  const { path } = useLocation()
  return <a href={href} aria-current={path === href ? 'page' : undefined}>{label}</a>
}

/** Nothing until the session is known, so that the links do not jump from one to the other. */
function LogInOrSignUp() {
  const { path, url } = useLocation()
  if (user.value === undefined) return null
  const next = leadsNowhere.includes(path) ? undefined : url
  return (
    <>
      <a href={withNext('/login', next)}>{commonWords.nav.logIn}</a>
      <a class='nav-strong' href={withNext('/signup', next)}>{commonWords.nav.signUp}</a>
    </>
  )
}

/** Pages that nobody wants to come back to once they are in. */
const leadsNowhere = ['/', '/login', '/signup', '/forgot', '/reset', '/verify']

function LogOut({ email }: { email: string }) {
  const { route } = useLocation()
  async function leave() {
    await logOut()
    route('/')
  }
  return (
    <button
      type='button'
      class='nav-button'
      title={commonWords.nav.signedInAs(email)}
      onClick={leave}
    >
      {commonWords.nav.logOut}
    </button>
  )
}
