/** A mail before it is text or HTML: what it says, in the order in which it is read. */
export interface Message {
  subject: string
  /** What a list of mails shows beside the subject. */
  preview: string
  heading: string
  blocks: Block[]
  /** Why the reader gets this mail, as a sentence. */
  why: string
}

/** Plain words everywhere: what looks like markup is shown as it is. */
export type Block =
  | { kind: 'paragraph'; text: string }
  | { kind: 'heading'; text: string }
  /** The one thing to do; the address stands below it for those whose program shows no buttons. */
  | { kind: 'button'; label: string; href: string }
  /** Something to copy, letter by letter. */
  | { kind: 'code'; rows: Fact[] }
  | { kind: 'facts'; rows: Fact[] }
  /** Something that must not be overlooked. */
  | { kind: 'note'; text: string }

export type Fact = readonly [label: string, value: string]

export function paragraph(text: string): Block {
  return { kind: 'paragraph', text }
}

export function heading(text: string): Block {
  return { kind: 'heading', text }
}

export function button(label: string, href: string): Block {
  return { kind: 'button', label, href }
}

export function code(...rows: Fact[]): Block {
  return { kind: 'code', rows }
}

export function facts(rows: Fact[]): Block {
  return { kind: 'facts', rows }
}

export function note(text: string): Block {
  return { kind: 'note', text }
}
