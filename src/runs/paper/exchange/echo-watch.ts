import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'

/** Times in a row that a stream may be made anew for its silence before that is an alarm. */
const SILENCES = 2

interface Doors {
  /** Takes what the list of trades has of a symbol. */
  readonly catchUp: (symbol: string) => Promise<unknown>
  /** Has an order looked at again. */
  readonly look: (symbol: string, order: string) => void
  readonly remake: (why: string) => Promise<void>
}

/** An order that was taken is told of on the user stream; where it is not, the stream is dead, whatever it looks like. */
export class EchoWatch {
  readonly #context: Context
  readonly #doors: Doors
  /** Accepted orders that the stream has to tell of. */
  readonly #expected = new Map<Attempt, NodeJS.Timeout>()
  /** Counts the streams that there have been: what was expected of one says nothing of the next. */
  #streams = 0
  #silences = 0
  #isLost = false

  constructor(context: Context, doors: Doors) {
    this.#context = context
    this.#doors = doors
  }

  get isWaiting(): boolean {
    return this.#expected.size > 0
  }

  /** Whether there is no stream at present. */
  get isLost(): boolean {
    return this.#isLost
  }

  lost(): void {
    this.#isLost = true
  }

  back(): void {
    this.#isLost = false
    this.#streams++
  }

  expect(attempt: Attempt): void {
    const { signal, timing } = this.#context
    // while there is none, what comes of it is asked for when there is one again
    if (attempt.isSeen || this.#isLost || signal.aborted) return
    const stream = this.#streams
    this.#expected.set(
      attempt,
      setTimeout(() => void this.#silent(attempt, stream), timing.echo),
    )
  }

  /** The stream has said something. */
  heard(): void {
    for (const [attempt, timer] of this.#expected) {
      if (!attempt.isSeen) continue
      clearTimeout(timer)
      this.#expected.delete(attempt)
      this.#silences = 0
      this.#context.calm('stream-silent')
    }
  }

  stop(): void {
    for (const timer of this.#expected.values()) clearTimeout(timer)
    this.#expected.clear()
  }

  async #silent(attempt: Attempt, stream: number): Promise<void> {
    this.#expected.delete(attempt)
    const { symbol, order } = attempt
    const isDead = stream === this.#streams && !this.#isLost
    if (isDead) {
      this.#isLost = true
      this.#silences++
      await this.#say()
    }
    // the list of trades is the truth meanwhile
    await this.#doors.catchUp(symbol).catch(() => false)
    if (attempt.state === 'live') attempt.state = 'unsure'
    this.#doors.look(symbol, order)
    if (isDead && !this.#context.signal.aborted) await this.#doors.remake('it said nothing of an order that was taken')
  }

  async #say(): Promise<void> {
    const text = 'an order was taken, and the user stream said nothing of it'
    if (this.#silences < SILENCES) this.#context.alarm('stream-silent', 'warning', `${text}: it is made anew`)
    else
      await this.#context.halt(
        'stream-silent',
        `${text} though it was made anew: it is dead, so nothing is opened any more`,
      )
  }
}
