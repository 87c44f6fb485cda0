/** Eight rows of eight pixels, each row two hexadecimal digits. All drawn for this shop. */
const sprites: Record<string, string> = {
  block: '183c7effff7e3c18',
  pick: '7c060d193161c080',
  barrel: '3c7e427e7e427e3c',
  wrench: '6666663c18181818',
  headset: '3c4281a5e7e76e06',
}

/** Which picture a game gets; one we have none for gets the block. */
const spriteOfGame: [RegExp, string][] = [
  [/minecraft/, 'pick'],
  [/rust/, 'barrel'],
  [/garry|gmod/, 'wrench'],
  [/teamspeak|voice/, 'headset'],
]

/** A game's picture in pixels. Decoration: the game's name always stands beside it. */
export function Sprite({ gameId }: { gameId: string }) {
  const name = spriteOfGame.find(([pattern]) => pattern.test(gameId))?.[1] ?? 'block'
  return (
    <svg class='sprite' viewBox='0 0 8 8' aria-hidden='true' focusable='false'>
      <path d={pathOf(sprites[name] ?? '')} />
    </svg>
  )
}

function pathOf(sprite: string): string {
  const rows = sprite.match(/../g) ?? []
  return rows.flatMap((row, y) => pixelsOf(row).map((x) => `M${x} ${y}h1v1h-1z`)).join('')
}

function pixelsOf(row: string): number[] {
  const bits = parseInt(row, 16)
  return [0, 1, 2, 3, 4, 5, 6, 7].filter((x) => bits & (0x80 >> x))
}
