import type { ComponentType } from 'preact'
import { ErrorBoundary, lazy, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { Broken, Guard } from './components/guard.tsx'
import { LeaveWhenSignedOut } from './components/leave_when_signed_out.tsx'
import { Layout } from './components/layout.tsx'
import { OfflineStrip } from './components/offline_strip.tsx'
import { loadCurrency } from './currency.ts'
import { Home } from './pages/home.tsx'
import { NotFound } from './pages/not_found.tsx'
import { loadSession, watchOtherTabs } from './session.ts'

const Game = pageOf(() => import('./pages/game.tsx').then((page) => page.Game))
const Plan = pageOf(() => import('./pages/plan.tsx').then((page) => page.Plan))
const LogIn = pageOf(() => import('./pages/log_in.tsx').then((page) => page.LogIn))
const SignUp = pageOf(() => import('./pages/sign_up.tsx').then((page) => page.SignUp))
const Forgot = pageOf(() => import('./pages/forgot.tsx').then((page) => page.Forgot))
const Reset = pageOf(() => import('./pages/reset.tsx').then((page) => page.Reset))
const Verify = pageOf(() => import('./pages/verify.tsx').then((page) => page.Verify))
const Account = pageOf(() => import('./pages/account.tsx').then((page) => page.Account))
const CheckoutReturn = pageOf(() =>
  import('./pages/checkout_return.tsx').then((page) => page.CheckoutReturn)
)
const Orders = pageOf(() => import('./pages/orders.tsx').then((page) => page.Orders))
const Order = pageOf(() => import('./pages/order.tsx').then((page) => page.Order))
const Servers = pageOf(() => import('./pages/servers.tsx').then((page) => page.Servers))
const Server = pageOf(() => import('./pages/server.tsx').then((page) => page.Server))

/** Paths of the API are not pages of ours: the browser goes there by itself. */
const OURS = /^(?!\/api\/)/

export function App() {
  useEffect(() => {
    loadCurrency()
    void loadSession()
    return watchOtherTabs()
  }, [])

  return (
    <LocationProvider scope={OURS}>
      <LeaveWhenSignedOut />
      <Layout banner={<OfflineStrip />}>
        <Pages />
      </Layout>
    </LocationProvider>
  )
}

/** A page with a script of its own. One that cannot be had shows that; preact-iso would show nothing. */
function pageOf(load: () => Promise<ComponentType>): ComponentType {
  return lazy(() => load().catch(() => Broken))
}

function Pages() {
  const { path } = useLocation()
  return (
    <Guard path={path}>
      <ErrorBoundary>
        <Router onRouteChange={focusPage}>
          <Route path='/' component={Home} />
          <Route path='/games/:id' component={Game} />
          <Route path='/plans/:id' component={Plan} />
          <Route path='/login' component={LogIn} />
          <Route path='/signup' component={SignUp} />
          <Route path='/forgot' component={Forgot} />
          <Route path='/reset' component={Reset} />
          <Route path='/verify' component={Verify} />
          <Route path='/account' component={Account} />
          <Route path='/checkout/return' component={CheckoutReturn} />
          <Route path='/orders' component={Orders} />
          <Route path='/orders/:id' component={Order} />
          <Route path='/servers' component={Servers} />
          <Route path='/servers/:id' component={Server} />
          <Route default component={NotFound} />
        </Router>
      </ErrorBoundary>
    </Guard>
  )
}

/** A new page is announced and read from its start, as after a real navigation. */
function focusPage() {
  document.getElementById('main')?.focus({ preventScroll: true })
}
