/**
 * What could end a header line or turn around how a name is read: the control characters, line and
 * paragraph separators, the bidirectional overrides, and halves of characters.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\p{Cs}]+/gu

/** One line of text that can stand in a header: what is unsafe becomes one space. */
export function cleanLine(text: string): string {
  return text.replace(UNSAFE, ' ').trim()
}

/** True when `text` is an address that can stand in an envelope and a header as it is. */
export function isSafeAddress(text: string): boolean {
  return /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(text) && !/[\s<>,;:"()[\]\\]/.test(text)
}

/** A value of JSON whose every text is a clean line. */
export function cleanFacts<T>(facts: T): T {
  // Safe because a text stays a text, and everything else keeps its shape.
  return JSON.parse(
    JSON.stringify(facts),
    (_name, value) => typeof value === 'string' ? cleanLine(value) : value,
  ) as T
}
