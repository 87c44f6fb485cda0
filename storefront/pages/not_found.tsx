import { useTitle } from '../components/layout.tsx'
import { commonWords } from '../words/common.ts'

export function NotFound() {
  useTitle(commonWords.notFound.title)
  return (
    <div class='narrow'>
      <h1>{commonWords.notFound.title}</h1>
      <p class='lead'>{commonWords.notFound.body}</p>
      <p>
        <a class='button' href='/'>{commonWords.notFound.home}</a>
      </p>
    </div>
  )
}
