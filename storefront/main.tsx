import { render } from 'preact'
import './styles.css'
import { App } from './app.tsx'
import { registerServiceWorker } from './service_worker.ts'

const root = document.getElementById('app')
if (!root) throw new Error('Cannot start as the page has no element: #app')
render(<App />, root)
registerServiceWorker()
