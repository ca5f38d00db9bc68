import type { GrowingBars, NewBar } from '../core/growing-bars.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { LiveBar, LiveEvent } from '../data/stream/live.ts'

/** How long the bars of an instant are waited for once the first of them is there, ms: live, and of the past, which comes by pages. */
const GRACE = 2000
const GRACE_OF_PAST = 60_000
/** An instant is of the past when its bars come so long after it. */
const LATE = 30_000

export interface LiveBarsHost {
  /** By symbol. */
  readonly bars: ReadonlyMap<string, GrowingBars>
  /** Bars of these symbols have been appended, which close together. */
  play(symbols: readonly string[]): Promise<void>
  /** What is to be known: a bar that is missing, or came too late. */
  onNote(text: string): void
}

/** Bars of a live stream, put together instant by instant. One that does not come in time is passed over. */
export class LiveBars {
  readonly #host: LiveBarsHost
  readonly #waiting = new Map<number, { readonly bars: Map<string, NewBar>; readonly timer: NodeJS.Timeout }>()
  /** Close of the last bar of each symbol. */
  readonly #heard = new Map<string, number>()
  #played = Number.NEGATIVE_INFINITY
  #last: Promise<void> = Promise.resolve()
  /** What playing failed at: nothing is taken any more. */
  #fault: unknown = null

  constructor(host: LiveBarsHost) {
    this.#host = host
    for (const symbol of host.bars.keys()) this.#heard.set(symbol, Number.NEGATIVE_INFINITY)
  }

  /** Until the stream ends, and what it has said is played. */
  async follow(stream: AsyncIterable<LiveEvent>): Promise<void> {
    try {
      for await (const event of stream) {
        if (this.#fault !== null) throw this.#fault
        if (event.kind === 'bar') this.#take(event)
        else if (event.kind === 'hole' || event.kind === 'ended' || event.kind === 'disconnected')
          this.#host.onNote(`${event.kind}: ${event.why}`)
      }
    } finally {
      for (const at of [...this.#waiting.keys()].sort((a, b) => a - b)) this.#release(at)
      await this.#last
    }
  }

  #take({ bar, series }: LiveBar): void {
    const at = closeTimeOf(bar.openTime, series.interval)
    const { symbol } = series
    this.#heard.set(symbol, at)
    if (at <= this.#played)
      return this.#host.onNote(`${symbol}: the bar of ${timeOf(bar.openTime)} came too late and is left out`)
    let instant = this.#waiting.get(at)
    if (instant === undefined) {
      const grace = Date.now() - at > LATE ? GRACE_OF_PAST : GRACE
      instant = { bars: new Map(), timer: setTimeout(() => this.#releaseUpTo(at), grace) }
      this.#waiting.set(at, instant)
    }
    const [open, high, low, close, volume] = [bar.open, bar.high, bar.low, bar.close, bar.volume].map(Number)
    instant.bars.set(symbol, {
      openTime: bar.openTime,
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      volume: volume!,
    })
    // whoever has spoken of a later bar has no more to say of this one
    const known = Math.min(...this.#heard.values())
    this.#releaseUpTo(known)
  }

  #releaseUpTo(at: number): void {
    for (const one of [...this.#waiting.keys()].sort((a, b) => a - b)) if (one <= at) this.#release(one)
  }

  #release(at: number): void {
    const { bars, timer } = this.#waiting.get(at)!
    clearTimeout(timer)
    this.#waiting.delete(at)
    this.#played = at
    this.#last = this.#last.then(async () => {
      const fresh: string[] = []
      for (const [symbol, bar] of bars) {
        try {
          this.#host.bars.get(symbol)!.append(bar)
          fresh.push(symbol)
        } catch (error) {
          this.#host.onNote((error as Error).message)
        }
      }
      if (fresh.length > 0) await this.#host.play(fresh)
    })
    this.#last.catch((error) => {
      this.#fault ??= error
    })
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16)
}
