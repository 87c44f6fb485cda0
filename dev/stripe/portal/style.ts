import { LOOK } from '../../emulators/page.ts'

/** The look of the portal: one column on a phone, a bar beside it from 900 px on. */
export const STYLE = `${LOOK}
  h1, h2, h3, p, dl, dd { margin: 0 }
  h1 { font-size: 1.35rem; line-height: 1.25 }
  h2 { padding-bottom: .5rem; border-bottom: 1px solid var(--line); color: var(--soft);
    font-size: 1rem; font-weight: 600 }
  h3 { font-size: 1.05rem }
  .portal { display: grid }
  .bar { display: grid; gap: .75rem; align-content: start; padding: 1.5rem 1.25rem }
  .bar p, .soft { color: var(--soft); font-size: .9rem }
  .policies { display: flex; gap: 1rem }
  .back { display: inline-block; padding: .6rem 0 }
  .content { display: grid; gap: 2rem; align-content: start; min-height: 100vh;
    padding: 1.75rem 1.25rem 3rem; background: var(--surface) }
  .part { display: grid; gap: 1rem; min-width: 0 }
  .row { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; justify-content: space-between;
    align-items: flex-start }
  .row > .what { flex: 1 1 15rem; min-width: 0; display: grid; gap: .2rem }
  .actions { display: flex; flex-wrap: wrap; gap: .5rem; flex: 0 1 auto }
  .actions form { display: contents }
  button, .button { display: inline-block; min-height: 44px; padding: .6rem 1rem;
    border: 1px solid var(--line); border-radius: 8px; background: var(--surface);
    color: var(--ink); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer }
  button:hover, .button:hover { background: var(--sunken) }
  .main { border-color: var(--beacon); background: var(--beacon); color: #0f2431 }
  .main:hover { background: var(--beacon); filter: brightness(1.06) }
  .state { display: inline-block; padding: .1rem .6rem; border: 1px solid currentColor;
    border-radius: 99px; color: var(--soft); font-size: .8rem; font-weight: 600 }
  .good { color: var(--good) }
  .bad { color: var(--bad) }
  .alert { padding: .75rem 1rem; border: 1px solid currentColor; border-radius: 8px;
    color: var(--bad) }
  .form { display: grid; gap: 1rem; max-width: 30rem }
  label { display: grid; gap: .3rem; color: var(--soft); font-size: .9rem }
  input, select, textarea { width: 100%; min-height: 44px; padding: .6rem .75rem;
    border: 1px solid var(--line); border-radius: 8px; background: var(--sunken);
    color: var(--ink); font: inherit; font-size: 1rem }
  .choice { display: flex; gap: .75rem; align-items: center; padding: .6rem .9rem; min-height: 44px;
    border: 1px solid var(--line); border-radius: 8px; color: var(--ink); font-size: 1rem }
  .choice input { width: auto; min-height: 0 }
  .offer { padding: .9rem 1rem; border: 1px solid var(--good); border-radius: 8px }
  .invoices thead > tr > * { padding-top: 0; border-top: 0 }
  .invoices td { vertical-align: middle }
  .invoices td:last-child { text-align: right; padding-right: 0 }
  @media (min-width: 900px) {
    .portal { grid-template-columns: minmax(18rem, 32%) 1fr }
    .bar { padding: 4rem 3rem }
    .content { padding: 4rem max(3rem, calc(68vw - 52rem)) 4rem 3.5rem }
  }
`
