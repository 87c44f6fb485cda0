import { expect, test } from 'vitest'
import { createIdFactory } from '../api/ids.ts'

function factory(
  bytes: (count: number) => Uint8Array = () => crypto.getRandomValues(new Uint8Array(10)),
) {
  const clock = { ms: Date.parse('2026-11-24T12:00:00Z') }
  return { clock, newId: createIdFactory(() => new Date(clock.ms), bytes) }
}

test('an id is its kind, its millisecond and 80 bits of chance', () => {
  const { newId } = factory(() => Uint8Array.from([255, 0, 0, 0, 0, 0, 0, 0, 0, 1]))
  expect(newId('order')).toBe('ord_01m86ptpg0zw00000000000001')
})

test('ids of one millisecond sort as they were made', () => {
  const { newId } = factory()
  const ids = Array.from({ length: 1000 }, () => newId('orderEvent'))
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(1000)
})

test('ids of later milliseconds sort after, whatever chance says', () => {
  let byte = 255
  const { clock, newId } = factory((count) => new Uint8Array(count).fill(byte))
  const before = newId('order')
  byte = 0
  clock.ms++
  expect(newId('order') > before).toBe(true)
})

test('the highest chance of all does not spill into the time', () => {
  const { newId } = factory((count) => new Uint8Array(count).fill(255))
  expect(newId('order')).toMatch(/z{16}$/)
  expect(newId('order')).toMatch(/^ord_[0-9a-z]{10}0{16}$/)
})
