/** Work that pauses after each of its steps, and comes to a result. */
export type Steps<T> = Generator<void, T>

/** All of it at once. */
export function atOnce<T>(work: Steps<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/** Waits for `breathe` after each step, so that others, such as a signal to stop, get a word in. */
export async function breathing<T>(work: Steps<T>, breathe: () => Promise<void>): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await breathe()
  }
}
