import { html, raw } from 'hono/html'

export type Html = ReturnType<typeof html>

export interface Page {
  title: string
  /** CSS, in place of the common look. */
  style?: string
  content: Html
  /** A script of the page's own; the nonce is the one of its content security policy. */
  script?: { text: string; nonce: string }
  /** Attributes of the body. */
  attributes?: Record<string, string>
  /** Loaded again after so many seconds, for a page without a script. */
  refreshS?: number
}

/** The document around every page that the emulators show to people. */
export function page({ title, style = LOOK, content, script, attributes = {}, refreshS }: Page) {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        ${refreshS ? html`<meta http-equiv="refresh" content="${refreshS}">` : ''}
        <title>${title}</title>
        <style>${raw(style)}</style>
      </head>
      <body${Object.entries(attributes).map(([name, value]) =>
        html`
          ${raw(name)}="${value}"
        `
      )}>
        ${content}
        ${script
          ? html`<script type="module" nonce="${script.nonce}">${raw(script.text)}</script>`
          : ''}
      </body>
    </html>
  `
}

/** The shop's colours by day and by night, and what every page needs. */
export const LOOK = `
  :root {
    color-scheme: light dark;
    --sky: light-dark(#dcebf2, #0b141d);
    --surface: light-dark(#fff, #15232f);
    --sunken: light-dark(#eef5f8, #0f1b25);
    --ink: light-dark(#0f2431, #e6f0f4);
    --soft: light-dark(#465c6a, #a3b7c3);
    --line: light-dark(#c4d6df, #2b3f4d);
    --link: light-dark(#0a5a78, #8ad1ec);
    --beacon: light-dark(#ffb81c, #ffc23d);
    --good: light-dark(#12693a, #7fd6a2);
    --bad: light-dark(#b3261e, #ff9d92);
  }
  * { box-sizing: border-box }
  body { margin: 0; min-height: 100vh; background: var(--sky); color: var(--ink);
    font: 16px/1.5 'Avenir Next', 'Segoe UI', 'Helvetica Neue', system-ui, sans-serif }
  a { color: var(--link) }
  :focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
  table { border-collapse: collapse; width: 100% }
  th, td { padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line); text-align: left;
    vertical-align: top; overflow-wrap: anywhere }
  th { color: var(--soft); font-weight: 400 }
`
