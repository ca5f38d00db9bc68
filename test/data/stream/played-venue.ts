import { closeTimeOf } from '../../../src/core/interval.ts'
import type { Series, Venue } from '../../../src/core/series.ts'
import { VenueError, type VenueErrorKind } from '../../../src/data/http/venue-error.ts'
import type { FeedKind, FeedListener } from '../../../src/data/stream/feed.ts'
import type { LiveEvent, LiveStream } from '../../../src/data/stream/live.ts'
import { openStream, type StreamOptions } from '../../../src/data/stream/open-stream.ts'
import type { RestSide } from '../../../src/data/stream/rest-side.ts'
import { pause } from '../../../src/data/stream/stream-clock.ts'
import type { BarText } from '../../../src/data/venues/venue.ts'
import { Truth } from '../../servers/truth.ts'
import { ManualClock } from './manual-clock.ts'

export const MINUTE = 60_000
export const T0 = Date.UTC(2024, 5, 3, 12)
export const BTC: Series = { venue: 'binance', symbol: 'BTCUSDT', interval: '1m' }

interface Play {
  readonly truth?: Truth
  readonly series?: readonly Series[]
  readonly isNeverQuiet?: boolean
  /** Whether its messages say what time it is there. */
  readonly hasClock?: boolean
  readonly omitsEmpty?: boolean
  readonly horizon?: number | null
  readonly pageRows?: number
  /** Whether the stream is read; else it is left to the test. */
  readonly isRead?: boolean
  /** A venue whose feed cannot be opened. */
  readonly deaf?: Venue
  readonly options?: Partial<StreamOptions>
}

/** A venue that is played by hand: a stream of its bars over a clock that is moved, and what the stream says. */
export class PlayedVenue {
  readonly clock = new ManualClock(T0)
  readonly truth: Truth
  readonly stream: LiveStream
  readonly events: LiveEvent[] = []
  readonly asked: { readonly series: Series; readonly from: number; readonly to: number; readonly at: number }[] = []
  /** Thrown by REST while it is set, for all series or only for this one. */
  restFault: VenueErrorKind | null = null
  restFaultOf: Series | null = null
  /** The venue's clock is behind ours, ms. */
  behind = 0
  /** When REST was asked what time it is, by our clock. */
  readonly askedTime: number[] = []
  /** How long it takes to say so, ms; `null`: it does not answer. */
  timeTakes: number | null = 0
  /** REST has a bar so long after its close, ms. */
  restLag = 0
  ended: 'no' | 'quietly' | Error = 'no'
  closedFeeds = 0
  #listener: FeedListener | null = null
  readonly #page: number

  constructor(play: Play = {}) {
    const {
      truth = new Truth(),
      series = [BTC],
      isNeverQuiet = true,
      hasClock = true,
      omitsEmpty = false,
      horizon = null,
      options,
    } = play
    this.truth = truth
    this.#page = (play.pageRows ?? 3) * MINUTE
    const kind: FeedKind = {
      isNeverQuiet,
      hasClock,
      split: (all) => (all.length > 0 ? [all] : []),
      open: async (_, listener) => {
        this.#listener = listener
        return {
          close: async () => {
            this.closedFeeds++
          },
        }
      },
    }
    const rest: RestSide = {
      origin: 'api.played.test',
      intervals: ['1m', '1h'],
      omitsEmpty,
      horizon,
      ask: (one, { from, to }) => this.#ask(one, from, to),
      marks: async (one, { from, to }) =>
        new Map(
          this.truth.texts({ ...one, symbol: `${one.symbol}@mark` }, from, to).map((bar) => [bar.openTime, bar.close]),
        ),
      time: (signal) => this.#time(signal),
    }
    const feed = async (venue: Venue) => {
      if (venue === play.deaf) throw new Error(`${venue} is deaf`)
      return kind
    }
    this.stream = openStream(series, { clock: this.clock, feed, rest: () => rest, ...options })
    if (play.isRead ?? true) void this.#read()
  }

  /** What the feed says. */
  get feed(): FeedListener {
    return this.#listener!
  }

  bar(openTime: number, series: Series = BTC): BarText {
    return this.truth.texts(series, openTime, openTime + 1)[0]!
  }

  /** The feed says that the bar has closed, now. */
  close(openTime: number, series: Series = BTC, mark: string | null = null): void {
    this.feed.bar(series, this.bar(openTime, series), true, mark)
  }

  /** Each minute's bar half a second after its close, from one that opens at `from` to the one before `to`. */
  async play(from: number, to: number, series: Series = BTC): Promise<void> {
    for (let at = from; at < to; at += MINUTE) {
      await this.clock.moveTo(at + MINUTE + 500)
      this.close(at, series)
    }
    await this.clock.moveTo(this.clock.now())
  }

  of<K extends LiveEvent['kind']>(kind: K): Extract<LiveEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<LiveEvent, { kind: K }> => event.kind === kind)
  }

  /** Bars as minutes since T0, with where they came from. */
  get bars(): string[] {
    return this.of('bar').map(({ bar, from }) => `${(bar.openTime - T0) / MINUTE} ${from}`)
  }

  async #read(): Promise<void> {
    try {
      for await (const event of this.stream) this.events.push(event)
      this.ended = 'quietly'
    } catch (error) {
      this.ended = error as Error
    }
  }

  async #time(signal: AbortSignal): Promise<number> {
    const at = this.clock.now() - this.behind
    this.askedTime.push(this.clock.now())
    if (this.timeTakes === null) throw fault('network')
    if (this.timeTakes > 0) await pause(this.clock, this.timeTakes, signal)
    return at
  }

  async *#ask(series: Series, from: number, to: number) {
    const at = this.clock.now() - this.behind
    this.asked.push({ series, from, to, at })
    for (let start = from; start < to; start += this.#page) {
      await Promise.resolve()
      const isFaulty = this.restFaultOf === null || this.restFaultOf === series
      if (this.restFault !== null && isFaulty) throw fault(this.restFault)
      const end = Math.min(to, start + this.#page)
      const bars = this.truth
        .texts(series, start, end)
        .filter((bar) => closeTimeOf(bar.openTime, series.interval) + this.restLag <= at)
      yield { stretch: { from: start, to: end }, bars, at }
    }
  }
}

function fault(kind: VenueErrorKind): VenueError {
  const facts = { kind, venue: 'binance' as const, path: '/played', status: null, code: null, said: null, until: null }
  return new VenueError(`played: ${kind}`, facts)
}
