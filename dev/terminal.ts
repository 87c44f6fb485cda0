const coloured = Deno.stdout.isTerminal() && !Deno.env.get('NO_COLOR')

export const bold = style(1)
export const dim = style(2)
export const red = style(31)
export const yellow = style(33)
export const cyan = style(36)

/** Colours are for a person at a terminal; a file or a pipe gets plain text. */
function style(code: number): (text: string) => string {
  return (text) => coloured ? `\x1b[${code}m${text}\x1b[0m` : text
}

/** Shows a line; once the terminal is closed there is nobody to show it to. */
export function show(line: string): void {
  try {
    console.log(line)
  } catch {
    // what remains is to stop in good order
  }
}
