import { expect, test } from 'vitest'
import { mutations } from '../dev/mutations/list.ts'
import { mutate } from '../dev/mutations/mutate.ts'

test.each(mutations)(
  'the mutation “$name” still finds its place and its test',
  async (mutation) => {
    const text = await Deno.readTextFile(mutation.file)
    expect(mutate(text, mutation)).not.toBe(text)
    const tests = await Deno.readTextFile(mutation.caughtBy.file)
    expect(tests).toContain(mutation.caughtBy.test)
  },
)

test('a mutation whose text is gone, or is there twice, is refused', () => {
  const mutation = { ...mutations[0]!, search: 'x' }
  expect(() => mutate('', mutation)).toThrow('0 times')
  expect(() => mutate('x x', mutation)).toThrow('2 times')
})
