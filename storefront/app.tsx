import { ErrorBoundary, lazy, LocationProvider, Route, Router } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { LeaveWhenSignedOut } from './components/leave_when_signed_out.tsx'
import { Layout } from './components/layout.tsx'
import { FailureNotice } from './components/notice.tsx'
import { loadCurrency } from './currency.ts'
import { commonWords } from './words/common.ts'
import { Home } from './pages/home.tsx'
import { NotFound } from './pages/not_found.tsx'
import { loadSession, watchOtherTabs } from './session.ts'

const Plan = lazy(() => import('./pages/plan.tsx').then((page) => page.Plan))
const LogIn = lazy(() => import('./pages/log_in.tsx').then((page) => page.LogIn))
const SignUp = lazy(() => import('./pages/sign_up.tsx').then((page) => page.SignUp))
const Forgot = lazy(() => import('./pages/forgot.tsx').then((page) => page.Forgot))
const Reset = lazy(() => import('./pages/reset.tsx').then((page) => page.Reset))
const Verify = lazy(() => import('./pages/verify.tsx').then((page) => page.Verify))
const Account = lazy(() => import('./pages/account.tsx').then((page) => page.Account))
const CheckoutReturn = lazy(() =>
  import('./pages/checkout_return.tsx').then((page) => page.CheckoutReturn)
)
const Orders = lazy(() => import('./pages/orders.tsx').then((page) => page.Orders))
const Order = lazy(() => import('./pages/order.tsx').then((page) => page.Order))
const Servers = lazy(() => import('./pages/servers.tsx').then((page) => page.Servers))
const Server = lazy(() => import('./pages/server.tsx').then((page) => page.Server))

export function App() {
  const [broken, setBroken] = useState(false)
  useEffect(() => {
    loadCurrency()
    void loadSession()
    return watchOtherTabs()
  }, [])

  return (
    <LocationProvider>
      <LeaveWhenSignedOut />
      <Layout>
        {broken ? <Broken /> : (
          <ErrorBoundary onError={() => setBroken(true)}>
            <Router onRouteChange={focusPage}>
              <Route path='/' component={Home} />
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
        )}
      </Layout>
    </LocationProvider>
  )
}

/** A page whose script is gone, as after a release, or that threw: only loading anew helps. */
function Broken() {
  // Without a connection the script of a page never came: with one it will.
  useEffect(() => {
    const reload = () => location.reload()
    addEventListener('online', reload)
    return () => removeEventListener('online', reload)
  }, [])
  return (
    <FailureNotice
      title={commonWords.failed.title}
      body={commonWords.failed.broken}
      action={commonWords.reload}
      onAction={() => location.reload()}
    />
  )
}

/** A new page is announced and read from its start, as after a real navigation. */
function focusPage() {
  document.getElementById('main')?.focus({ preventScroll: true })
}
