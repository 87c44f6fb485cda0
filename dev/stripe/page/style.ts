/** The look of the hosted page; one column on a phone, two beside each other from 800 px on. */
export const STYLE = `
*, *::before, *::after { box-sizing: border-box }
:root { --ink: #1a1f36; --soft: #5b6478; --line: #dfe3ec; --paper: #fff; --wash: #f5f7fb;
  --accent: #4f46e5; --accent-dark: #4338ca; --bad: #b42318; --good: #067647 }
body { margin: 0; min-height: 100vh; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
h1, h2, p, dl, dd, ul { margin: 0; padding: 0 }
a { color: inherit }
.notice { padding: 8px 16px; background: #fff4d6; border-bottom: 1px solid #f1dca0;
  color: #6b4c00; font-size: 14px; text-align: center }
.checkout { display: grid }
.summary, .payment { padding: 24px 20px }
.summary { background: var(--wash) }
.back { display: inline-block; padding: 8px 0; color: var(--soft); font-size: 14px;
  text-decoration: none }
.back:hover { color: var(--ink); text-decoration: underline }
.subject { margin-top: 16px; color: var(--soft); font-size: 16px; font-weight: 500 }
.price { font-size: 36px; font-weight: 650; letter-spacing: -.02em; line-height: 1.2 }
.price small { color: var(--soft); font-size: 15px; font-weight: 400; letter-spacing: 0 }
.lines { margin-top: 24px; font-size: 15px }
.lines div { display: flex; justify-content: space-between; gap: 16px; padding: 12px 0;
  border-top: 1px solid var(--line) }
.lines dd { text-align: right; white-space: nowrap }
.lines small { display: block; color: var(--soft); font-size: 13px }
.lines .total { font-weight: 650 }
h2 { font-size: 18px; font-weight: 600 }
form { display: grid; gap: 16px; margin-top: 16px }
label { display: grid; gap: 4px; color: var(--soft); font-size: 14px; font-weight: 500 }
input { width: 100%; padding: 11px 12px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--paper); color: var(--ink); font: inherit }
input:focus-visible, button:focus-visible, a:focus-visible {
  outline: 3px solid #a5a0f5; outline-offset: 1px }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 12px }
button { padding: 12px 16px; border: 1px solid var(--line); border-radius: 8px; cursor: pointer;
  background: var(--paper); color: var(--ink); font: inherit; font-size: 15px; font-weight: 500 }
button:hover { background: var(--wash) }
button.main { padding: 14px 16px; border-color: var(--accent); background: var(--accent);
  color: #fff; font-size: 16px; font-weight: 600 }
button.main:hover { background: var(--accent-dark) }
.rehearsal { margin-top: 28px; padding: 16px; border: 1px dashed #c8cedb; border-radius: 10px }
.rehearsal h2 { font-size: 14px }
.rehearsal p, .hint { color: var(--soft); font-size: 13px }
.rehearsal form { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px }
.rehearsal button { flex: 1 1 140px; padding: 10px 12px; font-size: 14px }
.alert { margin-top: 16px; padding: 12px 14px; border-radius: 8px; background: #fef3f2;
  color: var(--bad); font-size: 15px }
.message { max-width: 520px; margin: 0 auto; padding: 64px 20px }
.message h1 { font-size: 26px; line-height: 1.25; letter-spacing: -.01em }
.message p { margin-top: 12px; color: var(--soft) }
.message .go { display: inline-block; margin-top: 24px; padding: 12px 18px; border-radius: 8px;
  background: var(--accent); color: #fff; font-weight: 600; text-decoration: none }
.board { max-width: 1040px; margin: 0 auto; padding: 24px 20px }
.board h1 { font-size: 24px }
.board h2 { margin-top: 32px }
.board table { width: 100%; margin-top: 12px; border-collapse: collapse; font-size: 14px }
.board th, .board td { padding: 8px 12px 8px 0; border-bottom: 1px solid var(--line);
  text-align: left; overflow-wrap: anywhere }
.board th { color: var(--soft); font-weight: 500 }
@media (min-width: 800px) {
  .checkout { grid-template-columns: 1fr 1fr; min-height: calc(100vh - 38px) }
  .summary { padding: 56px 48px 56px max(48px, calc(50vw - 472px)) }
  .payment { padding: 56px max(48px, calc(50vw - 472px)) 56px 48px }
}
`
