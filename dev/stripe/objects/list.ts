/** A list as part of an answer: all of it, as nothing here is long enough for a second page. */
export function listObject<Item>(data: Item[], url: string) {
  return { object: 'list' as const, data, has_more: false, url }
}
