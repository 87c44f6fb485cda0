import { useLayoutEffect } from 'preact/hooks'
import { commonWords } from '../words/common.ts'
import { Island } from './island.tsx'

/** A page whose script is gone, as after a release, or that threw: only loading anew helps. */
export function Broken() {
  const words = commonWords.failed
  // Without a connection a page's script never came; with one it will.
  useLayoutEffect(() => {
    const reload = () => location.reload()
    addEventListener('online', reload)
    return () => removeEventListener('online', reload)
  }, [])
  return (
    <div class='lost' role='alert'>
      <Island beam='off' />
      <div class='lost-words'>
        <h1>{words.title}</h1>
        <p class='lead'>{words.broken}</p>
        <p class='actions'>
          <button type='button' class='button' onClick={() => location.reload()}>
            {commonWords.reload}
          </button>
          <a class='button button-quiet' href='/'>{words.home}</a>
        </p>
      </div>
    </div>
  )
}
