/** Lets work in side by side, and what must be alone only when all before it is done; what comes after that waits for it. */
export class Gate {
  readonly #inside = new Set<Promise<unknown>>()
  #last: Promise<unknown> = Promise.resolve()

  through<T>(isAlone: boolean, work: () => Promise<T>): Promise<T> {
    const before = isAlone ? Promise.all([this.#last, ...this.#inside]) : this.#last
    const done = before.then(work)
    const end = done.then(
      () => {},
      () => {},
    )
    this.#inside.add(end)
    void end.then(() => this.#inside.delete(end))
    if (isAlone) this.#last = end
    return done
  }
}
