import { useEffect, useState } from 'preact/hooks'
import { commonWords } from '../words/common.ts'
import { Icon } from './icon.tsx'

/** As long as it takes to read that it was copied. */
const SAID_MS = 3_000

/** Copies `value` and says that it did; `what` says what is copied to those who hear the page. */
export function CopyButton({ value, what }: { value: string; what?: string }) {
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => setSaid(''), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])
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
      <button type='button' class='button button-quiet copy' onClick={copy}>
        <Icon name={said === commonWords.copied ? 'check' : 'copy'} />
        {commonWords.copy}
        {what && <span class='heard'>{what}</span>}
      </button>
      <span class='copy-said' role='status'>{said}</span>
    </>
  )
}

/** A server's address, large enough to read to a friend. */
export function Address({ address }: { address: string }) {
  return (
    <div class='address'>
      <code data-testid='server-address'>{address}</code>
      <CopyButton value={address} />
    </div>
  )
}
