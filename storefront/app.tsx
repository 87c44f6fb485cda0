import { ErrorBoundary, lazy, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { Broken } from './components/broken.tsx'
import { Layout } from './components/layout.tsx'
import { loadCurrency } from './currency.ts'
import { Home } from './pages/home.tsx'
import { NotFound } from './pages/not_found.tsx'
import { loadSession, watchOtherTabs } from './session.ts'

const Game = lazy(() => import('./pages/game.tsx').then((page) => page.Game))
const Plan = lazy(() => import('./pages/plan.tsx').then((page) => page.Plan))
const LogIn = lazy(() => import('./pages/log_in.tsx').then((page) => page.LogIn))
const SignUp = lazy(() => import('./pages/sign_up.tsx').then((page) => page.SignUp))
const CheckoutReturn = lazy(() =>
  import('./pages/checkout_return.tsx').then((page) => page.CheckoutReturn)
)
const Orders = lazy(() => import('./pages/orders.tsx').then((page) => page.Orders))
const Order = lazy(() => import('./pages/order.tsx').then((page) => page.Order))
const Servers = lazy(() => import('./pages/servers.tsx').then((page) => page.Servers))
const Server = lazy(() => import('./pages/server.tsx').then((page) => page.Server))

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
  const [brokenPath, setBrokenPath] = useState<string | undefined>(undefined)
  if (brokenPath === path) return <Broken />
  return (
    <ErrorBoundary onError={() => setBrokenPath(path)}>
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
  )
}

/** A new page is announced and read from its start, as after a real navigation. */
function focusPage() {
  document.getElementById('main')?.focus({ preventScroll: true })
}
