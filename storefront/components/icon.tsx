/** Eight rows of eight pixels, each row two hexadecimal digits. All drawn for this shop. */
const icons = {
  check: '00010386cc783000',
  next: '00080c7e7e0c0800',
  back: '0010307e7e301000',
  bang: '1818181818001818',
  cross: 'c3e77e3c3c7ee7c3',
  copy: '7c445f517111111f',
  refund: '2060fc662303063c',
  clock: '3c4291919d81423c',
  more: '0000c3e77e3c1800',
}

export type IconName = keyof typeof icons

/** A sign in pixels. Decoration: the words stand beside it. */
export function Icon({ name }: { name: IconName }) {
  return <Pixels class='icon' of={icons[name]} />
}

/** A picture of eight by eight pixels, sixteen hexadecimal digits in all. */
export function Pixels({ of, class: name }: { of: string; class: string }) {
  return (
    <svg class={name} viewBox='0 0 8 8' aria-hidden='true' focusable='false'>
      <path d={pathOf(of)} />
    </svg>
  )
}

/** Pixels side by side are one bar, so that no seam shows between them. */
function pathOf(picture: string): string {
  const rows = picture.match(/../g) ?? []
  return rows.flatMap((row, y) =>
    barsOf(row).map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`)
  )
    .join('')
}

function barsOf(row: string): [number, number][] {
  const bits = parseInt(row, 16).toString(2).padStart(8, '0')
  return [...bits.matchAll(/1+/g)].map((bar) => [bar.index, bar[0].length])
}
