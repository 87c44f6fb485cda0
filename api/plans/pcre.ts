/**
 * The ECMAScript twin of a PHP regular expression with its delimiters and flags (`/^a|b$/i`).
 * Undefined when it uses something that would mean another thing here: then it must not be guessed.
 */
export function toRegExp(text: string): RegExp | undefined {
  const parts = splitDelimiters(text)
  if (!parts || /[^imsuD]/.test(parts.flags)) return undefined
  const source = translate(parts.body)
  if (source === undefined) return undefined
  try {
    // `u` makes every escape that ECMAScript does not know an error instead of a letter.
    return new RegExp(source, parts.flags.replace(/[uD]/g, '') + 'u')
  } catch {
    return undefined
  }
}

/**
 * The length of the delimited expression at the start of `text`, flags included: up to a closing
 * delimiter that a `|` or the end follows. 0 when there is none.
 */
export function lengthOfRegex(text: string): number {
  const close = closingOf(text.charAt(0))
  if (!close) return 0
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === close) {
      const flags = /^[a-zA-Z]*(?=\||$)/.exec(text.slice(i + 1))
      if (flags) return i + 1 + flags[0].length
    }
  }
  return 0
}

const PAIRS: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' }

function closingOf(open: string): string | undefined {
  if (!open || /[\sA-Za-z0-9\\]/.test(open)) return undefined
  return PAIRS[open] ?? open
}

function splitDelimiters(text: string): { body: string; flags: string } | undefined {
  if (lengthOfRegex(text) !== text.length) return undefined
  const flags = /[a-zA-Z]*$/.exec(text)?.[0] ?? ''
  return { body: text.slice(1, text.length - flags.length - 1), flags }
}

/** Escapes that mean the same in both languages; classes may not be the end of a range. */
const SAME = /^[wWdDsSbBnrtfv1-9]$/
const CLASS = /^[wWdDsS]$/
const ANCHORS: Record<string, string> = { A: '^', z: '$', Z: '$' }

function translate(body: string): string | undefined {
  let out = ''
  let inClass = false
  let afterClass = false
  for (let i = 0; i < body.length; i++) {
    const char = body.charAt(i)
    const next = body.charAt(i + 1)
    const wasClass = afterClass
    afterClass = false
    if (char === '\\') {
      const escape = translateEscape(next, inClass)
      if (escape === undefined) return undefined
      out += escape
      afterClass = CLASS.test(next)
      i++
    } else if (inClass) {
      if (char === '-' && (wasClass || /^\\[wWdDsS]/.test(body.slice(i + 1)))) out += '\\-'
      else out += char === '[' ? '\\[' : char
      inClass = char !== ']'
    } else if (char === '[') {
      // A bracket right at the start of a class is itself a member there.
      const head = /^\[\^?\]?/.exec(body.slice(i))?.[0] ?? '['
      out += head.replace(']', '\\]')
      i += head.length - 1
      inClass = true
    } else if (char === '{' || char === '}') {
      const quantifier = /^\{\d+(,\d*)?\}/.exec(body.slice(i))?.[0]
      out += quantifier ?? `\\${char}`
      if (quantifier) i += quantifier.length - 1
    } else out += char
  }
  return out
}

function translateEscape(char: string, inClass: boolean): string | undefined {
  if (SAME.test(char)) return `\\${char}`
  if (char === 'h') return inClass ? ' \\t' : '[ \\t]'
  if (ANCHORS[char] && !inClass) return ANCHORS[char]
  if (/^[A-Za-z0-9]?$/.test(char)) return undefined
  if (/^[\^$\\.*+?()[\]{}|/]$/.test(char)) return `\\${char}`
  return char === '-' && inClass ? '\\-' : char
}
