/**
 * Works out once what follows from a row, and keeps it for as long as the row is there: rows are
 * replaced when they change, never modified. What else `derive` is given must not matter later.
 */
export function perRow<Row extends object, Rest extends unknown[], Value>(
  derive: (row: Row, ...rest: Rest) => Value,
): (row: Row, ...rest: Rest) => Value {
  const known = new WeakMap<Row, { value: Value }>()
  return (row, ...rest) => {
    const found = known.get(row) ?? { value: derive(row, ...rest) }
    known.set(row, found)
    return found.value
  }
}
