/** The statuses from which `to` may be reached, in the table's own order. */
export function sourcesOf<S extends string>(moves: Record<S, readonly S[]>, to: S): S[] {
  // Safe because Object.keys of a Record<S, …> literal yields exactly its keys.
  return (Object.keys(moves) as S[]).filter((from) => moves[from].includes(to))
}
