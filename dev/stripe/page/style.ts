import { LOOK } from '../../emulators/page.ts'

/** The look of the hosted page; one column on a phone, two beside each other from 800 px on. */
export const STYLE = `${LOOK}
h1, h2, p, dl, dd, ul { margin: 0; padding: 0 }
body { background: var(--surface) }
.notice { padding: 8px 16px; border-bottom: 1px solid var(--line); background: var(--beacon);
  color: #2a1d00; font-size: 14px; text-align: center }
.checkout { display: grid }
.summary, .payment { padding: 24px 20px }
.summary { background: var(--sunken) }
.back { display: inline-block; padding: 8px 0; font-size: 14px }
.subject { margin-top: 16px; color: var(--soft); font-size: 17px; font-weight: 500 }
.price { font-size: 36px; font-weight: 650; letter-spacing: -.02em; line-height: 1.2 }
.price small, .then small { color: var(--soft); font-size: 15px; font-weight: 400;
  letter-spacing: 0 }
.then { margin-top: 4px }
.lines { margin-top: 24px; font-size: 15px }
.lines div { display: flex; justify-content: space-between; gap: 16px; padding: 12px 0;
  border-top: 1px solid var(--line) }
.lines dt { min-width: 0; overflow-wrap: anywhere }
.lines dd { text-align: right; white-space: nowrap }
.lines small { display: block; color: var(--soft); font-size: 13px }
.lines .total { font-weight: 650 }
h2 { font-size: 18px; font-weight: 600 }
form { display: grid; gap: 16px; margin-top: 16px }
label { display: grid; gap: 4px; color: var(--soft); font-size: 14px; font-weight: 500 }
input, select { width: 100%; padding: 11px 12px; border: 1px solid var(--soft); border-radius: 8px;
  background: var(--surface); color: var(--ink); font: inherit }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 12px }
.check { display: flex; gap: 10px; align-items: start }
.check input { width: 20px; height: 20px; margin: 1px 0 0; flex: none }
.inline { display: flex; flex-wrap: wrap; gap: 12px; align-items: end; justify-content: space-between;
  margin-top: 16px }
.inline p { align-self: center }
.inline label { flex: 1 1 160px; min-width: 0 }
button { padding: 12px 16px; border: 1px solid var(--soft); border-radius: 8px; cursor: pointer;
  background: var(--surface); color: var(--ink); font: inherit; font-size: 15px; font-weight: 500 }
button:hover { background: var(--sunken) }
button.main { padding: 14px 16px; border-color: var(--link); background: var(--link);
  color: var(--surface); font-size: 16px; font-weight: 600 }
button.main:hover { background: var(--ink); border-color: var(--ink) }
.rehearsal { margin-top: 28px; padding: 16px; border: 1px dashed var(--soft); border-radius: 10px }
.rehearsal h2 { font-size: 15px }
.rehearsal p, .hint { color: var(--soft); font-size: 13px }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px }
.buttons button { flex: 1 1 140px; padding: 10px 12px; font-size: 14px }
.alert { margin-bottom: 20px; padding: 12px 14px; border: 1px solid var(--bad); border-radius: 8px;
  color: var(--bad); font-size: 15px; font-weight: 500 }
.message { max-width: 560px; margin: 0 auto; padding: 64px 20px }
.message h1 { font-size: 26px; line-height: 1.25; letter-spacing: -.01em }
.message p { margin-top: 12px; color: var(--soft) }
.message .go { display: inline-block; margin-top: 24px; padding: 12px 18px; border-radius: 8px;
  background: var(--link); color: var(--surface); font-weight: 600; text-decoration: none }
.board { max-width: 1040px; margin: 0 auto; padding: 24px 20px }
.board h1 { font-size: 24px }
.board h2 { margin-top: 32px }
.board table { margin-top: 12px; font-size: 14px }
@media (min-width: 800px) {
  .checkout { grid-template-columns: 1fr 1fr; min-height: calc(100vh - 38px) }
  .summary { padding: 56px 48px 56px max(48px, calc(50vw - 472px)) }
  .payment { padding: 56px max(48px, calc(50vw - 472px)) 56px 48px }
}
`
