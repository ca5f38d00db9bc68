/**
 * Does works side by side and hands on what comes of them in their own order. Whoever takes slowly slows the works down: no more
 * than twice as many as may be underway are begun ahead of what was taken. Each is handed a signal that ends it when nobody will hear
 * of it any more.
 * @throws the first failure, in the order of the works
 */
export async function* inOrder<T>(
  works: Iterator<(signal: AbortSignal) => Promise<T>>,
  parallel: number,
): AsyncGenerator<T> {
  const end = new AbortController()
  const begun: Promise<T>[] = []
  let underway = 0
  let isOver = false
  const begin = () => {
    while (!isOver && underway < parallel && begun.length < 2 * parallel) {
      const next = works.next()
      if (next.done) isOver = true
      else {
        underway++
        const work = next.value(end.signal).finally(() => {
          underway--
          begin()
        })
        // it may fail before its turn comes
        work.catch(() => undefined)
        begun.push(work)
      }
    }
  }
  try {
    for (begin(); begun.length > 0; begin()) yield await begun.shift()!
  } finally {
    isOver = true
    end.abort()
  }
}
