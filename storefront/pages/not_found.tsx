import { useTitle } from '../components/layout.tsx'
import { Lost } from '../components/lost.tsx'
import { user } from '../session.ts'
import { commonWords } from '../words/common.ts'

export function NotFound() {
  const words = commonWords.notFound
  useTitle(words.title)
  return (
    <Lost level={1} title={words.title} body={words.body}>
      <a class='button' href='/'>{words.home}</a>
      {user.value && <a class='button button-quiet' href='/servers'>{words.servers}</a>}
    </Lost>
  )
}
