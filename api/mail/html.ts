import type { Block, Fact, Message } from './blocks.ts'
import { type Colour, DAY, ground, nightRules } from './colours.ts'
import { markHtml } from './mark.ts'
import type { Sender } from './text.ts'

const FONT = "'Avenir Next','Segoe UI','Helvetica Neue',Helvetica,Arial,sans-serif"
const MONO = "ui-monospace,'Cascadia Mono','SF Mono',Menlo,Consolas,monospace"

/**
 * A mail as HTML that old and new mail programs show alike: tables for the layout, every colour
 * beside its element, nothing fetched from anywhere. By night where the reader's program asks for it.
 */
export function toHtml(message: Message, { name, url }: Sender): string {
  const { subject, preview, heading, blocks, why } = message
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>${escapeHtml(subject)}</title>
<style>
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (max-width:480px){.pad{padding:24px 20px 12px!important}.h1{font-size:24px!important}.box{padding:8px 14px!important}.code{font-size:15px!important}}
@media (prefers-color-scheme:dark){
${nightRules()}
}
</style>
</head>
<body ${
    ground('sky')
  } style="margin:0;padding:0;background:${DAY.sky};-webkit-text-size-adjust:100%">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${
    escapeHtml(preview)
  }${PREVIEW_END}</div>
${
    table(
      `<tr><td ${ground('sky')} align="center" style="padding:24px 12px 32px">
<table ${LAYOUT} width="560" style="width:100%;max-width:560px;text-align:left">
<tr><td style="padding:0 8px 16px">${masthead(name, url)}</td></tr>
<tr><td>${card(headingHtml(heading) + blocks.map(blockHtml).join('\n'))}</td></tr>
<tr><td style="padding:20px 8px 0">${small(why)}${
        small(`${name} · `, `<a href="${escapeHtml(url)}" ${fg('soft')}>${escapeHtml(url)}</a>`)
      }</td></tr>
</table>
</td></tr>`,
    )
  }
</body>
</html>
`
}

const LAYOUT = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'

/** Keeps what follows in the mail out of the list of mails. */
const PREVIEW_END = '&#847;&zwnj;&nbsp;'.repeat(60)

function table(rows: string): string {
  return `<table ${LAYOUT} width="100%">${rows}</table>`
}

/** Attributes of an element whose text has a colour. */
function fg(colour: Colour, style = '', classes = ''): string {
  return `class="fg-${colour}${classes}" style="color:${DAY[colour]};${style}"`
}

function masthead(name: string, url: string): string {
  const title = `font-family:${FONT};font-size:19px;font-weight:700;text-decoration:none`
  return `<table ${LAYOUT}><tr><td>${markHtml()}</td>
<td style="padding-left:12px"><a href="${escapeHtml(url)}" ${fg('ink', title)}>${
    escapeHtml(name)
  }</a></td></tr></table>`
}

/** White ground with corners cut in steps, and the light of the beacon on its upper edge. */
function card(inner: string): string {
  return table(
    `${strip('beacon', 8)}${strip('beacon', 4)}
<tr><td ${ground('card', ' pad')} style="padding:32px 36px 20px">${inner}</td></tr>
${strip('card', 4)}${strip('card', 8)}`,
  )
}

const STEP_PX = 4

/** One step of a cut corner: a bar that is shorter than what it belongs to. */
function strip(colour: Colour, inset: number): string {
  return `<tr><td style="padding:0 ${inset}px">${
    table(
      `<tr><td ${
        ground(colour)
      } height="${STEP_PX}" style="height:${STEP_PX}px;font-size:0;line-height:0">&nbsp;</td></tr>`,
    )
  }</td></tr>`
}

function headingHtml(heading: string): string {
  const style = `margin:0 0 16px;font-family:${FONT};font-size:27px;line-height:1.2;` +
    'font-weight:700;letter-spacing:-0.4px'
  return `<h1 ${fg('ink', style, ' h1')}>${escapeHtml(heading)}</h1>\n`
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p ${fg('ink', `margin:0 0 16px;${BODY}`)}>${escapeHtml(block.text)}</p>`
    case 'heading':
      return `<h2 ${
        fg('ink', `margin:28px 0 8px;font-family:${FONT};font-size:18px;line-height:1.3`)
      }>${escapeHtml(block.text)}</h2>`
    case 'button':
      return button(block.label, block.href)
    case 'code':
      return boxed('sunken', block.rows.map(code).join('\n'))
    case 'facts':
      return facts(block.rows)
    case 'note':
      return `${
        boxed('note', `<p ${fg('note-ink', `margin:0;${BODY}`)}>${escapeHtml(block.text)}</p>`)
      }`
    default:
      throw new Error(`Cannot write a block as its kind is unknown: ${block satisfies never}`)
  }
}

const BODY = `font-family:${FONT};font-size:16px;line-height:1.55`

function button(label: string, href: string): string {
  const link = escapeHtml(href)
  const face = `display:inline-block;padding:9px 22px;font-family:${FONT};font-size:16px;` +
    'line-height:1.4;font-weight:700;text-decoration:none'
  return `<table ${LAYOUT} style="margin:24px 0 12px">
${strip('beacon', STEP_PX)}
<tr><td ${ground('beacon')} align="center"><a href="${link}" ${fg('on-beacon', face)}>${
    escapeHtml(label)
  }</a></td></tr>
${strip('beacon', STEP_PX)}
</table>
<p ${
    fg('soft', `margin:0 0 20px;font-family:${FONT};font-size:13px;line-height:1.5`)
  }>If the button does nothing, open this address:<br><a href="${link}" ${
    fg('link', 'word-break:break-all')
  }>${link}</a></p>`
}

/** What fits a phone on one line in large letters, such as an address. */
const LARGE_LENGTH = 20

function code([label, value]: Fact, at: number): string {
  const size = value.length > LARGE_LENGTH ? 16 : 20
  const above = `margin:${
    at > 0 ? 10 : 0
  }px 0 2px;font-family:${FONT};font-size:13px;line-height:1.5`
  const style =
    `margin:0;font-family:${MONO};font-size:${size}px;line-height:1.4;font-weight:700;` +
    'word-break:break-all'
  return `<p ${fg('soft', above)}>${escapeHtml(label)}</p>
<p ${fg('ink', style, size < 20 ? ' code' : '')}>${escapeHtml(value)}</p>`
}

function facts(rows: readonly Fact[]): string {
  const edge = `border-top:1px solid ${DAY.line};padding:9px 0;vertical-align:top;${BODY}`
  const cells = rows.map(([label, value]) =>
    `<tr><td width="34%" ${fg('soft', `${edge};padding-right:12px`, ' rule')}>${
      escapeHtml(label)
    }</td><td ${fg('ink', `${edge};word-break:break-word`, ' rule')}>${escapeHtml(value)}</td></tr>`
  )
  return `<table ${LAYOUT} width="100%" style="margin:4px 0 20px">${cells.join('\n')}</table>`
}

/** A ground of its own for something that stands out, with cut corners. */
function boxed(colour: Colour, inner: string): string {
  return `<table ${LAYOUT} width="100%" style="margin:4px 0 20px">
${strip(colour, STEP_PX)}
<tr><td ${ground(colour, ' box')} style="padding:10px 18px">${inner}</td></tr>
${strip(colour, STEP_PX)}
</table>`
}

function small(text: string, html = ''): string {
  return `<p ${fg('soft', `margin:0 0 6px;font-family:${FONT};font-size:13px;line-height:1.5`)}>${
    escapeHtml(text)
  }${html}</p>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}
