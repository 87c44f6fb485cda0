import type { Mutation } from './list.ts'

/** The text with the mutation in it. Throws when what it searches is not there exactly once. */
export function mutate(text: string, { name, file, search, replace }: Mutation): string {
  const found = text.split(search).length - 1
  if (found === 1) return text.replace(search, () => replace)
  throw new Error(`Cannot mutate “${name}” as its text is ${found} times in ${file}`)
}
