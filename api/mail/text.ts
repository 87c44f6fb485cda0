import type { Block, Message } from './blocks.ts'

/** A mail as plain text. */
export function toText({ heading, blocks, why }: Message, { name, url }: Sender): string {
  const parts = [heading, ...blocks.map(blockText), '-- ', `${why}\n${name} · ${url}`]
  return `${parts.join('\n\n').replace('\n\n-- \n\n', '\n\n-- \n')}\n`
}

/** The shop as a mail names it. */
export interface Sender {
  name: string
  url: string
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return block.text
    case 'heading':
      return block.text.toUpperCase()
    case 'button':
      return `${block.label}:\n${block.href}`
    case 'code':
      return block.rows.map(([label, value]) => `${label}:\n\n    ${value}`).join('\n\n')
    case 'facts': {
      const width = Math.max(...block.rows.map(([label]) => label.length))
      return block.rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n')
    }
    case 'note':
      return `! ${block.text}`
    default:
      throw new Error(`Cannot write a block as its kind is unknown: ${block satisfies never}`)
  }
}
