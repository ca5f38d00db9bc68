/** Work that pauses after each of its steps, and comes to a result. */
export type Steps<T> = Generator<void, T>

/**
 * What is made of the work's result: at once, or where it is to breathe, waiting for that after each step, so that a signal to stop
 * gets a word in.
 */
export function stepped<T, R>(
  work: Steps<T>,
  breathe: (() => Promise<void>) | undefined,
  made: (result: T) => R,
): R | Promise<R> {
  return breathe === undefined ? made(atOnce(work)) : breathing(work, breathe).then(made)
}

function atOnce<T>(work: Steps<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

async function breathing<T>(work: Steps<T>, breathe: () => Promise<void>): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await breathe()
  }
}
