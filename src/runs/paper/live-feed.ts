import { closeTimeOf, intervalMs } from '../../core/interval.ts'
import { type Series, seriesName } from '../../core/series.ts'
import { EventQueue } from '../../data/stream/event-queue.ts'
import type { LiveBar, LiveEvent, LiveStream } from '../../data/stream/live.ts'
import type { StreamClock } from '../../data/stream/stream-clock.ts'
import type { BarText } from '../../data/venues/venue.ts'
import type { FeedBar, FeedEvent, FeedFunding, PaperFeed } from './feed.ts'

/** Bars that closed long ago come by pages, of one series before the other: a missing one is given up so long after the last word, ms. */
const CATCH_UP = 120_000
/** Instants that wait for whoever takes them; nothing of a feed is dropped. */
const ROOM = 5_000

interface LiveFeedOptions {
  readonly series: readonly Series[]
  /** Of each series, up to where its bars have been taken (open time of the next), UTC ms. */
  readonly next: readonly number[]
  /** Instants up to here have been taken already, UTC ms: what closes by then comes too late. */
  readonly after: number
  /** A bar is waited for so long after its close while others are there, ms. */
  readonly grace: number
  readonly clock: StreamClock
  /** Nothing is heard before: what belongs to the first bars is on its way. */
  readonly ready?: Promise<void>
  /** Rates that fell due before an instant and were not handed out yet; what could not be had is told. */
  readonly funding?: (at: number, tell: (event: FeedEvent) => void) => readonly FeedFunding[]
}

interface Instant {
  readonly bars: FeedBar[]
  readonly heard: number
  readonly heardAt: number
  /** By the clock of ours that a market's has beside it. */
  readonly heardHere: number
}

/**
 * Bars of several series become instants: those that close together are handed on together, in the order of time. A bar that does
 * not come within the grace is passed over, with a word, so that one venue that is down does not hold up the others.
 */
export function liveFeed(stream: LiveStream, options: LiveFeedOptions): PaperFeed {
  const feed = new Assembly(options)
  void feed.read(stream)
  return {
    [Symbol.asyncIterator]: () => feed.queue,
    close: async () => {
      feed.stop()
      await stream.close()
    },
  }
}

class Assembly {
  readonly queue = new EventQueue<FeedEvent>(ROOM, async () => this.stop())
  readonly #options: LiveFeedOptions
  readonly #slots: ReadonlyMap<string, number>
  /** Open time of each series' next bar, Infinity once it has ended. */
  readonly #next: number[]
  /** When each series was heard of last. */
  readonly #spoke: number[]
  readonly #waiting = new Map<number, Instant>()
  /** Series that were passed over and have not been back since. */
  readonly #absent = new Set<number>()
  #released: number
  #cancel: () => void = () => undefined

  constructor(options: LiveFeedOptions) {
    this.#options = options
    this.#slots = new Map(options.series.map((one, k) => [seriesName(one), k]))
    this.#next = [...options.next]
    this.#spoke = options.series.map(() => options.clock.now())
    this.#released = options.after
  }

  async read(stream: LiveStream): Promise<void> {
    try {
      await this.#options.ready
      for await (const event of stream) this.#hear(event)
      this.#finish(null)
    } catch (error) {
      this.#finish(error)
    }
  }

  stop(): void {
    this.#cancel()
    this.queue.end()
  }

  #finish(error: unknown): void {
    this.#next.fill(Number.POSITIVE_INFINITY)
    this.#release()
    this.#cancel()
    this.queue.end(error)
  }

  #hear(event: LiveEvent): void {
    if (event.kind === 'connected' || event.kind === 'disconnected' || event.kind === 'clock')
      return this.queue.push(event)
    const slot = this.#slots.get(seriesName(event.series))!
    this.#spoke[slot] = this.#options.clock.now()
    const { kind } = event
    if (kind === 'bar') this.#bar(slot, event)
    else if (kind === 'hole') {
      this.#next[slot] = Math.max(this.#next[slot]!, event.to)
      this.queue.push({ kind, slot, from: event.from, to: event.to, why: `${event.cause}: ${event.why}` })
    } else if (kind === 'ended') {
      this.#next[slot] = Number.POSITIVE_INFINITY
      this.queue.push({ kind, slot, why: event.why })
    } else if (kind === 'revised') {
      const { field, was, is } = event.revision
      this.queue.push({ kind, bar: barOf(slot, event.bar, null, event.series), field, was, is })
    } else if (kind === 'late') {
      if (event.missed !== null) this.#tooLate(barOf(slot, event.missed, null, event.series), event.series)
    } else if (kind === 'silent') this.queue.push({ kind, slot, since: event.since, allowed: event.allowed })
    else this.queue.push({ kind, slot, after: event.after })
    this.#release()
  }

  #bar(slot: number, { bar, mark, series }: LiveBar): void {
    const { clock } = this.#options
    const at = closeTimeOf(bar.openTime, series.interval)
    this.#next[slot] = Math.max(this.#next[slot]!, at)
    const own = barOf(slot, bar, mark, series)
    // in step again, even if this one is late
    if (at >= this.#released) this.#absent.delete(slot)
    if (at <= this.#released) return this.#tooLate(own, series)
    const instant = this.#waiting.get(at)
    if (instant !== undefined) instant.bars.push(own)
    else
      this.#waiting.set(at, {
        bars: [own],
        heard: performance.now(),
        heardAt: clock.now(),
        heardHere: clock.here?.() ?? 0,
      })
  }

  #tooLate(bar: FeedBar, { interval }: Series): void {
    const at = closeTimeOf(bar.openTime, interval)
    this.queue.push({ kind: 'late', bar, at, by: this.#options.clock.now() - at })
  }

  /** Hands on what is complete or has been waited for long enough, oldest first. */
  #release(): void {
    this.#cancel()
    const { series, clock } = this.#options
    for (;;) {
      const at = Math.min(...this.#waiting.keys())
      if (!Number.isFinite(at)) return
      const instant = this.#waiting.get(at)!
      const missing = series.flatMap((_, k) => (this.#nextClose(k) > at ? [] : [k]))
      const due = this.#dueAt(at, instant, missing)
      const now = clock.now()
      const wait = Math.max(due - now, this.#waitHere(instant, missing))
      if (missing.length > 0 && wait > 0) {
        this.#cancel = clock.after(wait, () => this.#release())
        return
      }
      for (const slot of missing) this.#passOver(slot, at, now - instant.heardAt)
      this.#handOn(at, instant)
    }
  }

  #nextClose(slot: number): number {
    const next = this.#next[slot]!
    return next === Number.POSITIVE_INFINITY ? next : closeTimeOf(next, this.#options.series[slot]!.interval)
  }

  /** How long the missing ones are waited for. Those that are known to be absent hold up nobody any more. */
  #dueAt(at: number, { heardAt }: Instant, missing: readonly number[]): number {
    const { grace } = this.#options
    const isLive = heardAt - at <= grace
    return Math.max(
      ...missing.map((slot) =>
        isLive ? (this.#absent.has(slot) ? 0 : at + grace) : Math.max(heardAt, this.#spoke[slot]!) + CATCH_UP,
      ),
    )
  }

  /** Where time goes faster than here the grace is over before a bar could have come: it is given by our own clock as well, ms. */
  #waitHere({ heardHere }: Instant, missing: readonly number[]): number {
    const { clock, grace } = this.#options
    if (clock.here === undefined || missing.every((slot) => this.#absent.has(slot))) return 0
    return heardHere + grace - clock.here()
  }

  #passOver(slot: number, at: number, waited: number): void {
    // one word for each time that it stays away
    if (!this.#absent.has(slot)) this.queue.push({ kind: 'passed', slot, at, waited })
    this.#absent.add(slot)
  }

  #handOn(at: number, { bars, heard }: Instant): void {
    const { clock, series, funding } = this.#options
    this.#waiting.delete(at)
    this.#released = at
    const shortest = Math.min(...bars.map(({ slot }) => intervalMs(series[slot]!.interval)))
    const due = funding?.(at, (event) => this.queue.push(event)) ?? []
    bars.sort((a, b) => a.slot - b.slot)
    const how = clock.now() >= at + shortest ? 'late' : 'live'
    this.queue.push({ kind: 'instant', at, funding: due, bars, how, heard })
  }
}

/**
 * Venues state the mark price of a close with their stream, and no more: the rest of its bar is taken to have gone as far as the
 * traded price did, which goes farther than it as a rule, so that no liquidation is missed.
 */
function barOf(slot: number, bar: BarText, mark: string | null, { venue }: Series): FeedBar {
  const [open, high, low, close, volume] = [bar.open, bar.high, bar.low, bar.close, bar.volume].map(Number) as [
    number, number, number, number, number,
  ] // biome-ignore format: five numbers
  const own = { slot, openTime: bar.openTime, open, high, low, close, volume }
  if (mark === null || venue !== 'binance-usdm') return own
  const at = Number(mark)
  return { ...own, mark: { open, high: Math.max(high, at), low: Math.min(low, at), close: at } }
}
