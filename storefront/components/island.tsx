/** What the beam over the island says of a server: not begun, on its way, or there. */
export type Beam = 'off' | 'working' | 'lit'

interface Block {
  x: number
  y: number
  /** From here … */
  bottom: number
  /** … up to here; the ground is 0. */
  top: number
  material: 'grass' | 'earth' | 'stone' | 'leaf' | 'beacon' | 'server'
}

/** Height of the ground, row by row from the back; a dot is air. */
const ground = [
  '..121.',
  '.11221',
  '111111',
  '111111',
  '.1111.',
  '..11..',
]
/** Where the beacon stands, and the server appears above it. */
const BEACON = { x: 3, y: 3 }
/** A tile is 32 wide and 16 high, so that its edges fall on whole pixels. */
const TILE = { width: 32, height: 16, rise: 17 }

const blocks: Block[] = [
  ...ground.flatMap((row, y) => [...row].flatMap((height, x) => column(x, y, Number(height)))),
  { ...BEACON, bottom: 1, top: 1.35, material: 'stone' },
  { ...BEACON, bottom: 1.35, top: 1.6, material: 'beacon' },
  ...tree(1, 2, 1),
  ...tree(4, 1, 2),
  ...tree(2, 4, 1),
]
/** From the back to the front and from the ground up, as SVG paints. */
const island = blocks.toSorted((a, b) => a.x + a.y - b.x - b.y || a.bottom - b.bottom)

/** The shop's picture: a floating island with a spawn point. Decoration, so it has no words. */
export function Island({ beam, small = false }: { beam: Beam; small?: boolean }) {
  return (
    <svg
      class={`island island-${beam}${small ? ' island-small' : ''}`}
      viewBox='-66 -102 132 156'
      aria-hidden='true'
      focusable='false'
    >
      {island.map((block) => <Cube key={`${block.x},${block.y},${block.bottom}`} {...block} />)}
      <path class='island-beam' d='M-9-100h18v72l-9 4.500-9-4.500z' />
      <g class='island-server'>
        <Cube {...BEACON} bottom={3.1} top={4} material='server' />
        <path class='island-lights' d='M-13-62l7 3.500v2.500l-7-3.500zM-13-57l4 2v2.500l-4-2z' />
      </g>
    </svg>
  )
}

/** The same spawn point, small enough to stand beside the shop's name. */
export function Mark() {
  return (
    <svg class='mark' viewBox='0 0 32 32' aria-hidden='true' focusable='false'>
      <path class='mark-beam' d='M13 0h6v18h-6z' />
      <path class='mark-top' d='M16 12l13 6.500L16 25 3 18.500z' />
      <path class='mark-left' d='M3 18.500 16 25v6L3 24.500z' />
      <path class='mark-right' d='M29 18.500 16 25v6l13-6.500z' />
      <path class='mark-beam' d='M13 10h6v9.500l-3 1.500-3-1.500z' />
    </svg>
  )
}

/** The three faces of a block that can be seen. */
function Cube({ x, y, bottom, top, material }: Block) {
  const { width, height, rise } = TILE
  const left = (x - y) * width / 2
  const down = (x + y - 6) * height / 2
  const roof = down - top * rise
  const floor = down - bottom * rise
  const [w, h] = [width / 2, height / 2]
  return (
    <g class={`cube cube-${material}`}>
      <path class='cube-top' d={`M${left} ${roof - h}l${w} ${h}-${w} ${h}-${w}-${h}z`} />
      <path class='cube-left' d={`M${left - w} ${roof}l${w} ${h}V${floor + h}l-${w}-${h}z`} />
      <path class='cube-right' d={`M${left + w} ${roof}l-${w} ${h}V${floor + h}l${w}-${h}z`} />
    </g>
  )
}

/** Grass on earth; the further from the edge, the deeper the earth hangs down. */
function column(x: number, y: number, height: number): Block[] {
  if (!height) return []
  const edge = Math.hypot(x - 2.6, y - 2.4)
  const bottom = -Math.max(0.3, 3.2 - edge)
  return [
    { x, y, bottom, top: height - 0.35, material: edge < 1.6 ? 'stone' : 'earth' },
    { x, y, bottom: height - 0.35, top: height, material: 'grass' },
  ]
}

function tree(x: number, y: number, height: number): Block[] {
  return [{ x, y, bottom: height + 0.05, top: height + 1, material: 'leaf' }]
}
