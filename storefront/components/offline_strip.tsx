import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { offlineWords } from '../words/offline.ts'

/** Says that there is no connection, for as long as there is none. */
export function OfflineStrip() {
  const offline = useSignal(false)
  useEffect(() => {
    const look = () => offline.value = !navigator.onLine
    look()
    addEventListener('online', look)
    addEventListener('offline', look)
    return () => {
      removeEventListener('online', look)
      removeEventListener('offline', look)
    }
  }, [])
  return (
    <div role='status'>
      {offline.value && <p class='offline-strip'>{offlineWords.strip}</p>}
    </div>
  )
}
