import { useTitle } from '../components/layout.tsx'
import { text } from '../messages.ts'

export function NotFound() {
  useTitle(text.notFound.title)
  return (
    <div class='narrow'>
      <h1>{text.notFound.title}</h1>
      <p class='lead'>{text.notFound.body}</p>
      <p>
        <a class='button' href='/'>{text.notFound.home}</a>
      </p>
    </div>
  )
}
