/** What JSON has no word for, and an outcome may hold. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])
const KEY = '#number'

/** The same as plain JSON that loses no bit on the way: what a worker far away came to is what a thread here would have. */
export function packed(value: unknown): unknown {
  if (typeof value === 'number') {
    const isPlain = Number.isFinite(value) && !Object.is(value, -0)
    return isPlain ? value : { [KEY]: Object.is(value, -0) ? '-0' : String(value) }
  }
  return eachOf(value, packed)
}

/** What `packed` was given. */
export function unpacked(value: unknown): unknown {
  const word = (value as { readonly [KEY]?: string } | null)?.[KEY]
  return word === undefined ? eachOf(value, unpacked) : WORDS.get(word)
}

function eachOf(value: unknown, change: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, change(part)]))
}
