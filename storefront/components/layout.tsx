import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { withNext } from '../next_path.ts'
import { logOut, user } from '../session.ts'
import { brand, commonWords } from '../words/common.ts'
import { Mark } from './island.tsx'

interface Props {
  /** Stands between the header and whatever page is shown. */
  banner?: ComponentChildren
  children: ComponentChildren
}

/** Header, main and footer around every page. */
export function Layout({ banner, children }: Props) {
  return (
    <>
      <a class='skip' href='#main'>{commonWords.skip}</a>
      <Header />
      {banner}
      <main id='main' class='main' tabIndex={-1}>{children}</main>
      <Footer />
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
      <nav class={`nav ${user.value ? 'nav-pages' : 'nav-stranger'}`} aria-label={words.label}>
        <NavLink href='/' label={words.plans} />
        {user.value && <NavLink href='/servers' label={words.servers} />}
        {user.value && <NavLink href='/orders' label={words.orders} />}
      </nav>
      <nav class='nav' aria-label={words.accountLabel}>
        {user.value ? <SignedIn email={user.value.email} /> : <LogInOrSignUp />}
      </nav>
    </header>
  )
}

/** The page itself, or the part of the shop that the page belongs to. */
function NavLink({ href, label }: { href: string; label: string }) {
  const { path } = useLocation()
  const within = href === '/' ? /^\/($|games\/|plans\/)/.test(path) : path.startsWith(`${href}/`)
  const current = path === href ? 'page' : within && 'true'
  return <a href={href} aria-current={current || undefined}>{label}</a>
}

/** Nothing until the session is known, so that the links do not jump from one to the other. */
function LogInOrSignUp() {
  const { path, url } = useLocation()
  if (user.value === undefined) return null
  const next = leadsNowhere.includes(path) ? undefined : url
  return (
    <>
      <a href={withNext('/login', next)}>{commonWords.nav.logIn}</a>
      <a class='button' href={withNext('/signup', next)}>{commonWords.nav.signUp}</a>
    </>
  )
}

/** Pages that nobody wants to come back to once they are in. */
const leadsNowhere = ['/', '/login', '/signup', '/forgot', '/reset', '/verify']

function SignedIn({ email }: { email: string }) {
  const { route } = useLocation()
  const words = commonWords.nav
  async function leave() {
    await logOut()
    route('/')
  }
  return (
    <>
      <NavLink href='/account' label={words.account} />
      <button type='button' class='nav-button' title={words.signedInAs(email)} onClick={leave}>
        {words.logOut}
      </button>
    </>
  )
}

function Footer() {
  const words = commonWords.footer
  return (
    <footer class='footer'>
      <div class='footer-inner'>
        <div class='footer-promise'>
          <strong>{words.promise}</strong>
          <p>{words.payments}</p>
        </div>
        <nav aria-label={words.label}>
          <a href='/'>{words.plans}</a>
          <a href='/account'>{words.account}</a>
          <a href='/orders'>{words.orders}</a>
          <a href='/api/reference'>{words.api}</a>
        </nav>
      </div>
    </footer>
  )
}
