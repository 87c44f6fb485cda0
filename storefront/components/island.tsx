/** What the beam over the island says of a server: not begun, on its way, or there. */
export type Beam = 'off' | 'working' | 'lit'

type Material =
  | 'grass'
  | 'meadow'
  | 'earth'
  | 'stone'
  | 'water'
  | 'wood'
  | 'leaf'
  | 'beacon'
  | 'server'

interface Block {
  x: number
  y: number
  /** From here … */
  bottom: number
  /** … up to here; the ground is 0. */
  top: number
  material: Material
  /** How much of its tile the block fills; 1 where nothing is said. */
  width?: number
}

/** Height of the ground, row by row from the back; a dot is air, a w is water. */
const ground = [
  '..122..',
  '.112221',
  '1111121',
  '1111111',
  '111111.',
  '.1ww11.',
  '..w11..',
]
/** Where the beacon stands, and the server appears above it. */
const BEACON = { x: 3, y: 3 }
const MIDDLE = 3
/** A tile is 32 wide and 16 high, so that its edges fall on whole pixels. */
const TILE = { width: 32, height: 16, rise: 17 }

const blocks: Block[] = [
  ...ground.flatMap((row, y) => [...row].flatMap((height, x) => column(x, y, height))),
  { ...BEACON, bottom: 1, top: 1.3, material: 'stone' },
  { ...BEACON, bottom: 1.3, top: 1.6, material: 'beacon', width: 0.7 },
  ...tree(1, 2, 1),
  ...tree(4, 1, 2),
  ...tree(1, 4, 1),
  ...tree(5, 3, 1),
]
/** From the back to the front and from the ground up, as SVG paints. */
const island = blocks.toSorted((a, b) => a.x + a.y - b.x - b.y || a.bottom - b.bottom)

/** The shop's picture: a floating island with a spawn point. Decoration, so it has no words. */
export function Island({ beam, small = false }: { beam: Beam; small?: boolean }) {
  return (
    <svg
      class={`island island-${beam}${small ? ' island-small' : ''}`}
      viewBox='-112 -122 224 208'
      aria-hidden='true'
      focusable='false'
    >
      <linearGradient id='beam' x1='0' y1='1' x2='0' y2='0'>
        <stop class='beam-stop' offset='.35' />
        <stop class='beam-stop' offset='1' stop-opacity='0' />
      </linearGradient>
      {island.map((block) => <Cube key={`${block.x},${block.y},${block.bottom}`} {...block} />)}
      <g class='island-beam'>
        <path class='beam-glow' d='M-12-122h24v98l-12 6-12-6z' />
        <path d='M-6-122h12v99l-6 3-6-3z' />
      </g>
      <g class='island-sparks'>
        <path d='M-16-40h4v4h-4z' />
        <path d='M12-56h4v4h-4z' />
        <path d='M-15-74h3v3h-3z' />
      </g>
      <g class='island-server'>
        <Cube {...BEACON} bottom={3.3} top={4.2} material='server' />
        <path class='island-lights' d='M-13-65l7 3.500v2.500l-7-3.500zM-13-60l4 2v2.500l-4-2z' />
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
function Cube({ x, y, bottom, top, material, width = 1 }: Block) {
  const left = (x - y) * TILE.width / 2
  const down = (x + y - 2 * MIDDLE) * TILE.height / 2
  const roof = down - top * TILE.rise
  const floor = down - bottom * TILE.rise
  const [w, h] = [width * TILE.width / 2, width * TILE.height / 2]
  return (
    <g class={`cube cube-${material}`}>
      <path class='cube-top' d={`M${left} ${roof - h}l${w} ${h}-${w} ${h}-${w}-${h}z`} />
      <path class='cube-left' d={`M${left - w} ${roof}l${w} ${h}V${floor + h}l-${w}-${h}z`} />
      <path class='cube-right' d={`M${left + w} ${roof}l-${w} ${h}V${floor + h}l${w}-${h}z`} />
    </g>
  )
}

/** Grass on earth on stone; the further from the edge, the deeper the island hangs down. */
function column(x: number, y: number, mark: string): Block[] {
  if (mark === '.') return []
  const depth = Math.max(0.25, 3.6 - 1.1 * Math.hypot(x - MIDDLE, y - MIDDLE))
  const stone: Block[] = depth > 0.7 ? [{ x, y, bottom: -depth, top: -0.6, material: 'stone' }] : []
  const earthFrom = Math.max(-depth, -0.6)
  if (mark === 'w') {
    return [
      ...stone,
      { x, y, bottom: earthFrom, top: 0.3, material: 'earth' },
      { x, y, bottom: 0.3, top: 0.8, material: 'water' },
    ]
  }
  const height = Number(mark)
  return [
    ...stone,
    { x, y, bottom: earthFrom, top: height - 0.35, material: 'earth' },
    { x, y, bottom: height - 0.35, top: height, material: (x + y) % 2 ? 'grass' : 'meadow' },
  ]
}

function tree(x: number, y: number, ground: number): Block[] {
  return [
    { x, y, bottom: ground, top: ground + 0.5, material: 'wood', width: 0.3 },
    { x, y, bottom: ground + 0.5, top: ground + 1.3, material: 'leaf', width: 0.95 },
    { x, y, bottom: ground + 1.3, top: ground + 1.8, material: 'leaf', width: 0.55 },
  ]
}
