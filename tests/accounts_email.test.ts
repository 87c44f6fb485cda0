import { expect, test } from 'vitest'
import { canonicalEmail } from '../api/accounts/email.ts'

const spellings: [string, string][] = [
  ['A@X.COM ', 'a@x.com'],
  ['\u00a0a@x.com\t', 'a@x.com'],
  ['First.Last+tag@Example.Co.UK', 'first.last+tag@example.co.uk'],
  ['a@BÜCHER.example', 'a@xn--bcher-kva.example'],
  ['a@bu\u0308cher.example', 'a@xn--bcher-kva.example'],
  ['a@ｘ.com', 'a@x.com'],
  ['a@x。com', 'a@x.com'],
  ['a@\u212a.com', 'a@k.com'],
  ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
]

test.each(spellings)('canonicalEmail() stores %j as %s', (text, email) => {
  expect(canonicalEmail(text)).toEqual({ email })
})

const foreign = ['ä@x.com', 'mıke@x.com', '\u212aate@x.com', 'a\u0000@x.com', 'a b@x.com']

test.each(foreign)('canonicalEmail() refuses %j for its letters', (text) => {
  expect(canonicalEmail(text)).toEqual({ fault: expect.stringMatching(/^Use only plain letters/) })
})

const notAddresses = [
  'a@x.com%00',
  'a@x.com\u0000b',
  'a@x.com\r\nBcc: b@x.com',
  'a@x.com:25',
  'a@x.com/',
  'a@x.com?b',
  'a@x.com#b',
  'a@x\\.com',
  'b@evil.com@',
  'a@b@x.com',
  'a@x.com.',
  '.a@x.com',
  'a..b@x.com',
  '"a b"@x.com',
  'a@localhost',
  'a@127.0.0.1',
  'a@0x7f.1',
  'a@[::1]',
  'a@-x.com',
  'a@x..com',
  'a@x.com, b@x.com',
  '<a@x.com>',
  '@x.com',
  'a@',
  'a',
  '',
  `${'a'.repeat(65)}@x.com`,
  `a@${'x'.repeat(64)}.com`,
  `a@${'x.'.repeat(130)}com`,
]

test.each(notAddresses)('canonicalEmail() refuses %j and says what to do', (text) => {
  expect(canonicalEmail(text)).toEqual({ fault: expect.stringMatching(/^(Enter|Use|Check) /) })
})
