import { useState } from 'preact/hooks'
import { commonWords } from '../words/common.ts'

/** Copies `value` and says that it did. `name` says what is copied, where there are several. */
export function CopyButton({ value, name }: { value: string; name?: string }) {
  const [said, setSaid] = useState('')
  async function copy() {
    try {
      await navigator.clipboard.writeText(value)
      setSaid(commonWords.copied)
    } catch {
      setSaid(commonWords.copyFailed)
    }
  }
  return (
    <>
      <button type='button' class='button button-quiet' aria-label={name} onClick={copy}>
        {commonWords.copy}
      </button>
      <span class='copy-said' role='status'>{said}</span>
    </>
  )
}

/** A server's address, large enough to read to a friend. */
export function Address({ address }: { address: string }) {
  return (
    <p class='address'>
      <code data-testid='server-address'>{address}</code>
      <CopyButton value={address} />
    </p>
  )
}
