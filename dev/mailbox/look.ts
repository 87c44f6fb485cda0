import { LOOK } from '../emulators/page.ts'

/** How the mailbox lies on its page. */
export const STYLE = `${LOOK}
  body { display: flex; flex-direction: column }
  .top { display: flex; align-items: center; gap: 1rem 1.5rem; flex-wrap: wrap; padding: .75rem 1.5rem }
  .top p { margin: 0; color: var(--soft) }
  .home { display: flex; align-items: center; gap: .6rem; color: var(--ink); font-size: 1.2rem; font-weight: 700; text-decoration: none }
  .news { margin-left: auto; padding: .3rem .9rem; background: var(--beacon); color: #14212b; font-weight: 700; text-decoration: none }
  .news[hidden] { display: none }
  .columns { flex: 1; display: grid; grid-template-columns: minmax(16rem, 22rem) minmax(0, 1fr); gap: 1.5rem; padding: 0 1.5rem 1.5rem; min-height: 0 }
  nav, main { background: var(--surface); border-top: 8px solid var(--beacon) }
  nav { max-height: calc(100vh - 6rem); overflow: auto; align-self: start }
  ol { list-style: none; margin: 0; padding: 0 }
  li + li { border-top: 1px solid var(--line) }
  li a { display: block; padding: .7rem 1rem; color: var(--ink); text-decoration: none; border-left: 4px solid transparent }
  li a:hover { background: var(--sunken) }
  li a[aria-current] { background: var(--sunken); border-left-color: var(--beacon) }
  li b { display: block; line-height: 1.3; overflow-wrap: anywhere }
  li span, li time { display: block; color: var(--soft); font-size: .875rem; overflow-wrap: anywhere }
  .empty, .hint { margin: 0; padding: 1.5rem; color: var(--soft) }
  article { padding: 1.25rem 1.5rem 1.5rem; display: flex; flex-direction: column; height: 100% }
  h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere }
  .back { display: none; margin: 0 0 .5rem }
  .envelope { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0 0 1rem }
  dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
  .switches { display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin-bottom: 1rem }
  .switch { display: flex; margin: 0; border: 2px solid var(--line) }
  .switch a { padding: .25rem .8rem; color: var(--ink); text-decoration: none }
  .switch a[aria-current] { background: var(--ink); color: var(--surface) }
  iframe { flex: 1; display: block; max-width: 100%; min-height: 38rem; border: 2px solid var(--line); margin: 0 auto; background: #fff }
  pre { margin: 0; padding: 1rem; background: var(--sunken); white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.6 ui-monospace, Menlo, Consolas, monospace }
  th { width: 10rem }
  @media (max-width: 48rem) {
    .columns { display: block; padding: 0 .75rem 1rem }
    .top { padding: .75rem } .top p { display: none }
    nav { max-height: none }
    .is-list main, .is-mail nav { display: none }
    .back { display: block }
    article { padding: 1rem .75rem }
    th { width: 7rem }
  }
`

/** Looks for new mail: the list shows it at once, and a page with an open mail says so. */
export const SCRIPT = `
  setInterval(async () => {
    const answer = await fetch('/newest').catch(() => undefined)
    if (!answer || !answer.ok) return
    const newest = await answer.text()
    if (newest === document.body.dataset.newest) return
    if (document.body.classList.contains('is-list')) return location.reload()
    const news = document.getElementById('news')
    news.href = newest ? '/mails/' + newest : '/'
    news.hidden = false
  }, 2000)
`
