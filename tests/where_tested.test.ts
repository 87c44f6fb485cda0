import { expect, test } from 'vitest'

const readme = await Deno.readTextFile('tests/README.md')

/** `| I5 | … | storefront_forms: `safeNext(%j) stays on this site` |`; a row goes on below without its id. */
const named = [...readme.matchAll(/^\| *(\S*) *\| *(.*?) *\| *([\w/]+): `(.+)` *\|$/gm)]
  .map(([, row = '', attack = '', file = '', name = '']) => ({ row, attack, file, name }))

test('every attack of the table in tests/README.md is named once, and has a test', () => {
  const rows = named.map(({ row }) => row).filter(Boolean)
  const wanted = [...ids('P', 12), ...ids('A', 8), ...ids('S', 13), ...ids('I', 14)]
  const untested = [...readme.split('Not tested here')[1]?.matchAll(/\b[PASI]\d+\b/g) ?? []]
    .map(([id]) => id)
  expect([...rows, ...untested].sort()).toEqual(wanted.sort())
  for (const { row, attack } of named) if (row) expect(attack, row).not.toBe('')
  expect(readme.match(/^\| /gm)).toHaveLength(named.length + 2)
})

/** The same in the lists below the table, where a name may go on in the next line. */
const listed = [
  ...(readme.split('## Acceptance criteria')[1] ?? '').replaceAll(/\n +/g, ' ')
    .matchAll(/(?<= )([a-z_/]+): `([^`]+)`/g),
].map(([, file = '', name = '']) => ({ file, name }))

test('the lists name tests', () => expect(listed.length).toBeGreaterThan(15))

test.each([...named, ...listed])('$file has the test “$name”', async ({ file, name }) => {
  const text = await Deno.readTextFile(`tests/${file}.test.ts`)
  const titles = [...text.matchAll(TITLE)].map(([, , title]) => title)
  expect(titles).toContain(name)
})

/** The name of a test: the first text after `test(`, or after the cases of a `test.each(…)`. */
const TITLE = /(?:^test\(|^\]?\)\(|^test\.each.*\)\(|^ {2,4}\)\()\s*(['"`])(.+?)\1,/gm

function ids(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`)
}
