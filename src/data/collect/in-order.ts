/**
 * Does works side by side and hands on what comes of them in their own order. Whoever takes slowly slows the works down: no more
 * than twice as many as may be underway are begun ahead of what was taken.
 * @throws the first failure, in the order of the works; those behind it are left to end unheard
 */
export async function* inOrder<T>(works: Iterator<() => Promise<T>>, parallel: number): AsyncGenerator<T> {
  const begun: Promise<T>[] = []
  let underway = 0
  let isOver = false
  const begin = () => {
    while (!isOver && underway < parallel && begun.length < 2 * parallel) {
      const next = works.next()
      if (next.done) isOver = true
      else {
        underway++
        const work = next.value().finally(() => {
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
  }
}
