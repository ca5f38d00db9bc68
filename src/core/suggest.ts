/** Levenshtein distance of two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same)
    }
    row = next
  }
  return row[b.length]!
}

/** The known name nearest to a mistyped one, or `undefined` where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const name of known) {
    const d = distance(word.toLowerCase(), name.toLowerCase())
    if (d < least) {
      least = d
      best = name
    }
  }
  return best
}

/** ` (did you mean "x"?)`, or nothing: made to be put behind the quoted word in an error. */
export function didYouMean(word: string, known: readonly string[]): string {
  const name = nearest(word, known)
  return name === undefined ? '' : ` (did you mean "${name}"?)`
}
