import { Pixels } from './icon.tsx'

const block = '183c7effff7e3c18'

/** Which picture a game gets; one we have none for gets the block. */
const spriteOfGame: [RegExp, string][] = [
  [/minecraft/, '7c060d193161c080'],
  [/rust/, '3c7e427e7e427e3c'],
  [/garry|gmod/, '6666663c18181818'],
  [/teamspeak|voice/, '3c4281a5e7e76e06'],
]

/** A game's picture in pixels. Decoration: the game's name always stands beside it. */
export function Sprite({ gameId }: { gameId: string }) {
  const picture = spriteOfGame.find(([pattern]) => pattern.test(gameId))?.[1] ?? block
  return <Pixels class='sprite' of={picture} />
}
