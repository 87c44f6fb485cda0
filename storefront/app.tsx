import { ErrorBoundary, lazy, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { Broken, Guard } from './components/guard.tsx'
import { Layout } from './components/layout.tsx'
import { loadCurrency } from './currency.ts'
import { Home } from './pages/home.tsx'
import { NotFound } from './pages/not_found.tsx'
import { loadSession, watchOtherTabs } from './session.ts'

const Game = page(() => import('./pages/game.tsx').then((module) => module.Game))
const Plan = page(() => import('./pages/plan.tsx').then((module) => module.Plan))
const LogIn = page(() => import('./pages/log_in.tsx').then((module) => module.LogIn))
const SignUp = page(() => import('./pages/sign_up.tsx').then((module) => module.SignUp))
const CheckoutReturn = page(() =>
  import('./pages/checkout_return.tsx').then((module) => module.CheckoutReturn)
)
const Orders = page(() => import('./pages/orders.tsx').then((module) => module.Orders))
const Order = page(() => import('./pages/order.tsx').then((module) => module.Order))
const Servers = page(() => import('./pages/servers.tsx').then((module) => module.Servers))
const Server = page(() => import('./pages/server.tsx').then((module) => module.Server))

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
      <Layout>
        <Pages />
      </Layout>
    </LocationProvider>
  )
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

/** A page that is fetched when it is first asked for. One that cannot be, shows as broken. */
function page(load: () => Promise<ComponentType>) {
  return lazy<ComponentType>(() => load().catch(() => Broken))
}

/** A new page is announced and read from its start, as after a real navigation. */
function focusPage() {
  document.getElementById('main')?.focus({ preventScroll: true })
}
