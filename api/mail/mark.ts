import { type Colour, ground } from './colours.ts'

/** The spawn point of the shop's pages, cell by cell: a beam on a block of grass and earth. */
const CELLS = [
  '.......bb.......',
  '.......bb.......',
  '.......bb.......',
  '.......bb.......',
  '.......bb.......',
  '.......bb.......',
  '......gbbg......',
  '....gggbbggg....',
  '..gggggbbggggg..',
  'gggggggbbggggggg',
  'gggggggggggggggg',
  'llggggggggggggrr',
  'llllggggggggrrrr',
  'llllllggggrrrrrr',
  '..llllllrrrrrr..',
  '....llllrrrr....',
  '......llrr......',
]

const COLOURS: Record<string, Colour> = {
  b: 'beacon',
  g: 'grass',
  l: 'earth-left',
  r: 'earth-right',
}

const CELL_PX = 2

/** The mark as a table: nothing has to be fetched for it, and nobody learns that the mail was read. */
export function markHtml(): string {
  const rows = CELLS.map((row) => `<tr>${(row.match(/(.)\1*/g) ?? []).map(runHtml).join('')}</tr>`)
  return `<table role="presentation" aria-hidden="true" cellpadding="0" cellspacing="0" border="0" width="${
    16 * CELL_PX
  }" style="font-size:0;line-height:0;table-layout:fixed">
<tr>${`<td width="${CELL_PX}" height="0"></td>`.repeat(16)}</tr>
${rows.join('\n')}
</table>`
}

/** Cells of one colour that stand side by side. */
function runHtml(run: string): string {
  const colour = COLOURS[run.charAt(0)]
  return `<td colspan="${run.length}" height="${CELL_PX}"${
    colour ? ` ${ground(colour)}` : ''
  }></td>`
}
