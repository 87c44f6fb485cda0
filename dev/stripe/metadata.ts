/** Applies a change to metadata as the API does: an empty value removes its key, `null` all. */
export function mergeMetadata(
  current: Record<string, string>,
  changes: Record<string, string> | null | undefined,
): Record<string, string> {
  const merged = changes === null ? {} : { ...current, ...changes }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''))
}
