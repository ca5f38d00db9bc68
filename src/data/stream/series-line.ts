import { closeTimeOf, intervalMs, openTimeOf } from '../../core/interval.ts'
import { type Series, seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { Stretch } from '../collect/batch.ts'
import { later } from '../collect/fetch-bars.ts'
import { VenueError } from '../http/venue-error.ts'
import type { BarText } from '../venues/venue.ts'
import { barDifference } from './bar-difference.ts'
import type { LiveBar, LiveEvent } from './live.ts'
import type { Patience } from './patience.ts'
import type { RestSide } from './rest-side.ts'
import { SilenceWatch } from './silence-watch.ts'
import { pause, type StreamClock } from './stream-clock.ts'

/** What does not pass by waiting: no such market, a question that is wrong, a firewall, the law. */
const HOPELESS: readonly string[] = ['symbol', 'request', 'blocked', 'legal']
const LONGEST_RETRY = 60_000
/** Our clock may be behind the venue's by so much, ms. */
const CLOCK_SKEW = 3_600_000
/** Bars and holes that are remembered, so that what comes again can be told from what is new. */
const MEMORY = 500
/** Bars heard while older ones are still fetched; more can be fetched again. */
const AHEAD = 2_000
/** Holes so many bars old are asked for again with what comes after them: an answer may have been behind its time. */
const AGAIN = 3
/** Bars that are asked for before holes among them are looked at: what lies behind a hole waits in memory. */
const PASS_ROWS = 20_000
/** What a venue that answers has not got so long after its close does not come any more, ms. */
const OVERDUE = 3_600_000

export interface LineOptions {
  readonly series: Series
  /** Open time of the bar that comes first. */
  readonly first: number
  readonly clock: StreamClock
  readonly patience: Patience
  readonly ask: RestSide['ask']
  /** Closes of the mark price by open time, where the venue has them. */
  readonly marks: ((stretch: Stretch) => Promise<ReadonlyMap<number, string>>) | null
  /** Who answers, for the record. */
  readonly origin: string
  /** Empty buckets are left out by the venue. */
  readonly omitsEmpty: boolean
  /** Only so many of the newest bars can be had. */
  readonly horizon: number | null
  /** Somebody streams it. */
  readonly isStreamed: boolean
  /** Whoever streams it is never quiet for longer than a bar. */
  readonly isNeverQuiet: boolean
  readonly signal: AbortSignal
  tell(event: LiveEvent): void
  /** Resolves when more may be told. */
  room(): Promise<void>
  fail(error: unknown): void
}

type Waiting = Pick<LiveBar, 'bar' | 'mark' | 'from'>

/**
 * One series of a stream: what comes from its feed, in whatever order and however often, and what REST answers, become bars in the
 * order of time. There is one way in (`#take`) and one way out (`#advance`): a bar is handed on only when all before it have been, or
 * their hole has been told.
 */
export class SeriesLine {
  readonly #options: LineOptions
  /** Open time of the bar that is handed on next. */
  #next: number
  readonly #ahead = new Map<number, Waiting>()
  readonly #told = new Map<number, BarText>()
  readonly #holes = new Set<number>()
  /** REST has been asked for all up to here, once and twice. */
  #askedOnce: number
  #askedTwice: number
  #isAsking = false
  readonly #watch: SilenceWatch
  /** It cannot be streamed any more. */
  #isOver = false
  #cancel: () => void = () => undefined
  /** Ends the wait between two questions. */
  #hurry: () => void = () => undefined

  constructor(options: LineOptions) {
    this.#options = options
    this.#next = options.first
    this.#askedOnce = this.#askedTwice = options.first
    this.#watch = new SilenceWatch({ ...options, silence: options.patience.silence })
  }

  start(): void {
    this.#wake()
  }

  stop(): void {
    this.#isOver = true
    this.#cancel()
    this.#hurry()
  }

  connected(): void {
    this.#watch.connected()
    this.#hurry()
    this.#wake()
  }

  disconnected(): void {
    this.#watch.disconnected()
    this.#wake()
  }

  /** The feed said something of this series. */
  heard(openTime?: number): void {
    if (!this.#isOver && this.#watch.heard(openTime)) this.#wake()
  }

  /** The feed said that a bar has closed. */
  closed(bar: BarText, mark: string | null): void {
    // what opens off the grid cannot be stored, and what lies hours ahead is no bar: both will be missed, and asked for. Whether a bar has
    // ended the venue knows: our clock may be minutes behind its own
    const { interval } = this.#options.series
    const isOnGrid = openTimeOf(bar.openTime, interval) === bar.openTime
    if (this.#isOver || !isOnGrid || bar.openTime > this.#options.clock.now() + CLOCK_SKEW) return
    this.#take({ bar, mark, from: 'stream' })
    this.#advance()
  }

  #take(waiting: Waiting): void {
    const { openTime } = waiting.bar
    if (openTime < this.#next) this.#takeOld(waiting)
    else if (waiting.from === 'stream' || !this.#ahead.has(openTime))
      if (this.#ahead.size < AHEAD || waiting.from === 'rest') this.#ahead.set(openTime, waiting)
  }

  #takeOld({ bar, from }: Waiting): void {
    const { series, clock, origin, tell } = this.#options
    const { openTime } = bar
    const by = clock.now() - closeTimeOf(openTime, series.interval)
    if (this.#holes.delete(openTime)) {
      this.#remember(bar)
      tell({ kind: 'late', series, openTime, by, missed: bar })
      return
    }
    const was = this.#told.get(openTime)
    const difference = was === undefined ? null : barDifference(was, bar)
    if (difference === null) return
    this.#told.set(openTime, bar)
    const who = from === 'rest' ? origin : `${series.venue} stream`
    tell({ kind: 'revised', series, bar, revision: { openTime, ...difference, origin: who, at: clock.now() } })
  }

  #remember(bar: BarText): void {
    this.#told.set(bar.openTime, bar)
    if (this.#told.size > MEMORY) this.#told.delete(this.#told.keys().next().value!)
  }

  #advance(): void {
    const { series, clock, patience, tell } = this.#options
    for (let waiting = this.#ahead.get(this.#next); waiting !== undefined; waiting = this.#ahead.get(this.#next)) {
      const { openTime } = waiting.bar
      this.#ahead.delete(openTime)
      this.#remember(waiting.bar)
      this.#next = closeTimeOf(openTime, series.interval)
      tell({ kind: 'bar', series, ...waiting })
      const by = clock.now() - this.#next
      if (by > patience.late && this.#next > this.#watch.since)
        tell({ kind: 'late', series, openTime, by, missed: null })
    }
    this.#wake()
  }

  /** Asks what must be asked, alarms where it is time to, and sets the clock for the next time. */
  #wake(): void {
    const { clock, patience, series, isStreamed, signal } = this.#options
    this.#cancel()
    if (signal.aborted || this.#isOver) return
    const now = clock.now()
    const close = closeTimeOf(this.#next, series.interval)
    const due = close + (isStreamed && this.#watch.isUp ? patience.grace : patience.unheard)
    const isMissed = this.#ahead.size > 0 || close <= this.#watch.since
    if (!this.#isAsking && (isMissed || now >= due)) void this.#ask()
    // while it asks, the end of the asking wakes it
    const times = [this.#isAsking ? null : due, isStreamed ? this.#watch.check() : null].filter((time) => time !== null)
    if (times.length > 0) this.#cancel = clock.after(Math.min(...times) - now, () => this.#wake())
  }

  /** Asks REST until nothing is missing that has ended. */
  async #ask(): Promise<void> {
    const { clock, patience, series, signal, omitsEmpty } = this.#options
    this.#isAsking = true
    let wait = patience.retry
    let isFailing = false
    try {
      for (
        let stretch = this.#missing();
        stretch !== null && !signal.aborted && !this.#isOver;
        stretch = this.#missing()
      ) {
        const before = this.#next
        const isAnswered = await this.#askOnce(stretch)
        if (isAnswered) this.#tellHoles()
        // the first answer after some that did not come is no reason to be patient
        if (this.#next > before || (isAnswered && isFailing)) wait = patience.retry
        isFailing = !isAnswered
        const left = this.#missing()
        if (left === null || (isAnswered && left.to > stretch.to)) continue
        const isQuiet = isAnswered && omitsEmpty && this.#ahead.size === 0
        const settled = closeTimeOf(this.#next, series.interval) + patience.settle - clock.now()
        await this.#rest(isQuiet ? Math.max(patience.retry, settled) : wait)
        wait = Math.min(wait * 2, LONGEST_RETRY)
      }
    } catch (error) {
      this.#options.fail(new Error(`${seriesName(series)} cannot be streamed any more`, { cause: error }))
    } finally {
      this.#isAsking = false
    }
    this.#wake()
  }

  #rest(ms: number): Promise<void> {
    const hurry = new AbortController()
    this.#hurry = () => hurry.abort()
    return pause(this.#options.clock, ms, AbortSignal.any([this.#options.signal, hurry.signal]))
  }

  /** What has ended, or must have since later bars are there, and is not there. */
  #missing(): Stretch | null {
    const { series, clock } = this.#options
    const first = Math.min(...this.#ahead.keys())
    const to = Number.isFinite(first) ? first : openTimeOf(clock.now(), series.interval)
    return to > this.#next
      ? { from: this.#next, to: Math.min(to, later(this.#next, PASS_ROWS, series.interval)) }
      : null
  }

  /** @returns whether there was an answer */
  async #askOnce(stretch: Stretch): Promise<boolean> {
    const { ask, marks, series, room, signal, fail, isStreamed } = this.#options
    let reached = stretch.to
    try {
      for await (const { stretch: part, bars, at } of ask(series, { from: this.#againFrom(), to: stretch.to })) {
        if (signal.aborted) return false
        const known = bars.length === 0 || marks === null ? null : await marks(part)
        for (const bar of bars) {
          this.#watch.witness(bar)
          this.#take({ bar, mark: known?.get(bar.openTime) ?? null, from: 'rest' })
        }
        reached = Math.min(stretch.to, openTimeOf(at, series.interval))
        this.#advance()
        await room()
      }
      this.#askedTwice = Math.max(this.#askedTwice, Math.min(reached, this.#askedOnce))
      this.#askedOnce = Math.max(this.#askedOnce, reached)
      return true
    } catch (error) {
      if (signal.aborted) return false
      if (error instanceof VenueError ? HOPELESS.includes(error.facts.kind) : !isPassing(error)) {
        fail(error)
        return false
      }
      this.#watch.suspect()
      if (isStreamed) this.#watch.check()
      return false
    }
  }

  #againFrom(): number {
    const { interval } = this.#options.series
    const oldest = this.#next - AGAIN * intervalMs(interval)
    return Math.min(this.#next, ...[...this.#holes].filter((hole) => hole >= oldest))
  }

  /** What was asked for twice and is not there: a hole, where later bars are there, or where the venue leaves empty ones out. */
  #tellHoles(): void {
    this.#advance()
    for (let end = this.#holeEnd(); end > this.#next; end = this.#holeEnd()) {
      const { series, tell } = this.#options
      tell({ kind: 'hole', series, from: this.#next, to: end, why: this.#why() })
      const newest = Math.max(this.#next, later(end, -MEMORY, series.interval))
      for (let open = newest; open < end; open = closeTimeOf(open, series.interval)) this.#holes.add(open)
      for (const hole of this.#holes) if (this.#holes.size > MEMORY) this.#holes.delete(hole)
      this.#next = end
      this.#advance()
    }
  }

  #holeEnd(): number {
    const { clock, omitsEmpty, patience, series } = this.#options
    const first = Math.min(...this.#ahead.keys())
    if (Number.isFinite(first)) return Math.min(first, this.#askedTwice)
    if (!omitsEmpty && this.#askedTwice > this.#next) this.#watch.suspect()
    const patient = clock.now() - (omitsEmpty ? patience.settle : OVERDUE)
    return Math.min(this.#askedTwice, openTimeOf(patient, series.interval))
  }

  #why(): string {
    const { omitsEmpty, horizon, clock, series, origin } = this.#options
    const step = intervalMs(series.interval)
    if (horizon !== null && this.#next < openTimeOf(clock.now(), series.interval) - (horizon - 1) * step)
      return `${series.venue} hands out the newest ${horizon} bars only`
    const asked = `${origin} was asked twice, the last time at ${timeName(clock.now())}`
    return omitsEmpty ? `no trades: ${asked}` : `the venue has no such bars: ${asked}`
  }
}

/** Errors of the venue's side that are no VenueError are bugs; they end the stream rather than being asked again for ever. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && error.name === 'VenueContentError'
}
