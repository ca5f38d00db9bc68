/**
 * What was said and not yet heard. It is never cut: a slow consumer loses nothing. Whoever can produce at will waits for `room`, so
 * that only what comes by itself can make it long.
 */
export class EventQueue<T> implements AsyncIterator<T> {
  readonly #room: number
  readonly #onReturn: () => Promise<void>
  /** Heard from `#first` on; cut now and then, since shifting a long array is slow. */
  #events: T[] = []
  #first = 0
  #isEnded = false
  #fault: unknown = null
  #taker: PromiseWithResolvers<IteratorResult<T>> | null = null
  #waiters: (() => void)[] = []

  constructor(room: number, onReturn: () => Promise<void>) {
    this.#room = room
    this.#onReturn = onReturn
  }

  get length(): number {
    return this.#events.length - this.#first
  }

  push(event: T): void {
    if (this.#isEnded) return
    if (this.#taker === null) this.#events.push(event)
    else {
      const taker = this.#taker
      this.#taker = null
      taker.resolve({ value: event, done: false })
    }
  }

  /** What has been said is still heard, then it is over: with a fault, if there is one. */
  end(fault: unknown = null): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#fault = fault
    const taker = this.#taker
    this.#taker = null
    if (taker !== null) this.#finish(taker)
    this.#release()
  }

  /** Until fewer events wait than there is room for, or it is over. */
  async room(): Promise<void> {
    while (this.length >= this.#room && !this.#isEnded)
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#first < this.#events.length) {
      const value = this.#events[this.#first]!
      if (++this.#first > 1000 && this.#first * 2 > this.#events.length) {
        this.#events = this.#events.slice(this.#first)
        this.#first = 0
      }
      if (this.length < this.#room) this.#release()
      return Promise.resolve({ value, done: false })
    }
    if (this.#taker !== null)
      return Promise.reject(new Error('the next event was asked for before the last one had come'))
    const taker = Promise.withResolvers<IteratorResult<T>>()
    if (this.#isEnded) this.#finish(taker)
    else this.#taker = taker
    return taker.promise
  }

  async return(): Promise<IteratorResult<T>> {
    await this.#onReturn()
    return { value: undefined, done: true }
  }

  #finish(taker: PromiseWithResolvers<IteratorResult<T>>): void {
    const fault = this.#fault
    this.#fault = null
    if (fault === null) taker.resolve({ value: undefined, done: true })
    else taker.reject(fault)
  }

  #release(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }
}
