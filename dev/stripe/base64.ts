/** What base64 stands for; nothing, where it is none. */
export function fromBase64(text: string): string {
  try {
    return atob(text)
  } catch {
    return ''
  }
}
