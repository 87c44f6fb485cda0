import { Island } from '../components/island.tsx'
import { useTitle } from '../components/layout.tsx'
import { user } from '../session.ts'
import { commonWords } from '../words/common.ts'

export function NotFound() {
  const words = commonWords.notFound
  useTitle(words.title)
  return (
    <div class='lost'>
      <Island beam='off' />
      <div class='lost-words'>
        <h1>{words.title}</h1>
        <p class='lead'>{words.body}</p>
        <p class='actions'>
          <a class='button' href='/'>{words.home}</a>
          {user.value && <a class='button button-quiet' href='/servers'>{words.servers}</a>}
        </p>
      </div>
    </div>
  )
}
