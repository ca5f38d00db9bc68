import { closeTimeOf, intervalMs, openTimeOf } from '../../core/interval.ts'
import { seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { HoleCause, Stretch } from '../collect/batch.ts'
import { later } from '../collect/fetch-bars.ts'
import type { BarText } from '../venues/venue.ts'
import { barDifference } from './bar-difference.ts'
import { isPassing } from './is-passing.ts'
import type { LineOptions } from './line-options.ts'
import type { LiveBar } from './live.ts'
import { SilenceWatch } from './silence-watch.ts'
import { pause } from './stream-clock.ts'

const LONGEST_RETRY = 60_000
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
  /** Bars that were handed on and are not whole, and when REST is asked for them. */
  readonly #doubts = new Map<number, number>()
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
    // what opens off the grid cannot be stored, and what has not begun is no bar: both will be missed, and asked for
    const { series, venueClock } = this.#options
    const isOnGrid = openTimeOf(bar.openTime, series.interval) === bar.openTime
    if (this.#isOver || !isOnGrid || !venueClock.hasBegun(bar.openTime)) return
    this.#take({ bar, mark, from: 'stream' })
    this.#advance()
  }

  /** The feed said of a bar that it has closed, and has heard since that there was more in it. */
  doubted(openTime: number): void {
    const { venueClock, patience } = this.#options
    if (this.#ahead.get(openTime)?.from === 'stream') this.#ahead.delete(openTime)
    else if (this.#told.has(openTime) || this.#holes.has(openTime))
      this.#doubts.set(openTime, venueClock.now() + patience.grace)
    this.#wake()
  }

  #take(waiting: Waiting): void {
    const { openTime } = waiting.bar
    if (openTime < this.#next) this.#takeOld(waiting)
    else if (waiting.from === 'stream' || !this.#ahead.has(openTime))
      if (this.#ahead.size < AHEAD || waiting.from === 'rest') this.#ahead.set(openTime, waiting)
  }

  #takeOld({ bar, from }: Waiting): void {
    const { series, clock, venueClock, origin, tell } = this.#options
    const { openTime } = bar
    const by = venueClock.now() - closeTimeOf(openTime, series.interval)
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
    const { series, venueClock, patience, tell } = this.#options
    for (let waiting = this.#ahead.get(this.#next); waiting !== undefined; waiting = this.#ahead.get(this.#next)) {
      const { openTime } = waiting.bar
      this.#ahead.delete(openTime)
      this.#remember(waiting.bar)
      this.#next = closeTimeOf(openTime, series.interval)
      tell({ kind: 'bar', series, ...waiting })
      const by = venueClock.now() - this.#next
      if (by > patience.late && this.#next > this.#watch.since)
        tell({ kind: 'late', series, openTime, by, missed: null })
    }
    this.#wake()
  }

  /** Asks what must be asked, alarms where it is time to, and sets the clock for the next time. */
  #wake(): void {
    const { clock, venueClock, patience, series, isStreamed } = this.#options
    this.#cancel()
    if (this.#isDone) return
    const now = venueClock.now()
    const close = closeTimeOf(this.#next, series.interval)
    const bar = close + (isStreamed && this.#watch.isUp ? patience.grace : patience.unheard)
    const due = Math.min(bar, ...this.#doubts.values())
    const isMissed = this.#ahead.size > 0 || close <= this.#watch.since
    if (!this.#isAsking && (isMissed || now >= due)) void this.#ask()
    // while it asks, the end of the asking wakes it
    const silent = isStreamed ? this.#watch.check() : null
    const waits = [...(this.#isAsking ? [] : [due - now]), ...(silent === null ? [] : [silent - clock.now()])]
    if (waits.length > 0) this.#cancel = clock.after(Math.min(...waits), () => this.#wake())
  }

  /** Asks REST until nothing is missing that has ended. */
  async #ask(): Promise<void> {
    const { venueClock, patience, series, omitsEmpty } = this.#options
    this.#isAsking = true
    let wait = patience.retry
    let isFailing = false
    try {
      for (let stretch = this.#missing(); stretch !== null && !this.#isDone; stretch = this.#missing()) {
        const before = this.#next
        const isAnswered = await this.#askOnce(stretch)
        if (isAnswered) this.#tellHoles()
        // the first answer after some that did not come is no reason to be patient
        if (this.#next > before || (isAnswered && isFailing)) wait = patience.retry
        isFailing = !isAnswered
        const left = this.#missing()
        if (left === null || (isAnswered && left.to > stretch.to)) continue
        const isQuiet = isAnswered && omitsEmpty && this.#ahead.size === 0
        const settled = closeTimeOf(this.#next, series.interval) + patience.settle - venueClock.now()
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

  get #isDone(): boolean {
    return this.#isOver || this.#options.signal.aborted
  }

  /** What has ended, or must have since later bars are there, and is not there; else what is to be asked for again. */
  #missing(): Stretch | null {
    const { series, venueClock } = this.#options
    const first = Math.min(...this.#ahead.keys())
    const to = Number.isFinite(first) ? first : openTimeOf(venueClock.now(), series.interval)
    if (to > this.#next) return { from: this.#next, to: Math.min(to, later(this.#next, PASS_ROWS, series.interval)) }
    const doubts = this.#dueDoubts()
    return doubts.length > 0 ? { from: Math.min(...doubts), to: this.#next } : null
  }

  #dueDoubts(): number[] {
    const now = this.#options.venueClock.now()
    return [...this.#doubts].filter(([, due]) => due <= now).map(([openTime]) => openTime)
  }

  /** @returns whether there was an answer */
  async #askOnce(stretch: Stretch): Promise<boolean> {
    const { ask, marks, series, room, fail, isStreamed } = this.#options
    const doubts = this.#dueDoubts()
    let reached = stretch.to
    try {
      for await (const { stretch: part, bars, at } of ask(series, { from: this.#againFrom(), to: stretch.to })) {
        if (this.#isDone) return false
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
      for (const openTime of doubts) this.#doubts.delete(openTime)
      return true
    } catch (error) {
      if (this.#isDone) return false
      if (!isPassing(error)) {
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
    return Math.min(this.#next, ...[...this.#holes].filter((hole) => hole >= oldest), ...this.#dueDoubts())
  }

  /** What was asked for twice and is not there: a hole, where later bars are there, or where the venue leaves empty ones out. */
  #tellHoles(): void {
    this.#advance()
    for (let end = this.#holeEnd(); end > this.#next; end = this.#holeEnd()) {
      const { series, tell } = this.#options
      tell({ kind: 'hole', series, from: this.#next, to: end, ...this.#why() })
      const newest = Math.max(this.#next, later(end, -MEMORY, series.interval))
      for (let open = newest; open < end; open = closeTimeOf(open, series.interval)) this.#holes.add(open)
      for (const hole of this.#holes) if (this.#holes.size > MEMORY) this.#holes.delete(hole)
      this.#next = end
      this.#advance()
    }
  }

  #holeEnd(): number {
    const { venueClock, omitsEmpty, patience, series } = this.#options
    const first = Math.min(...this.#ahead.keys())
    if (Number.isFinite(first)) return Math.min(first, this.#askedTwice)
    if (!omitsEmpty && this.#askedTwice > this.#next) this.#watch.suspect()
    const patient = venueClock.now() - (omitsEmpty ? patience.settle : OVERDUE)
    return Math.min(this.#askedTwice, openTimeOf(patient, series.interval))
  }

  #why(): { readonly cause: HoleCause; readonly why: string } {
    const { omitsEmpty, horizon, venueClock, series, origin } = this.#options
    const step = intervalMs(series.interval)
    const now = venueClock.now()
    if (horizon !== null && this.#next < openTimeOf(now, series.interval) - (horizon - 1) * step)
      return { cause: 'horizon', why: `${series.venue} hands out the newest ${horizon} bars only` }
    const asked = `${origin} was asked twice, the last time at ${timeName(now)}`
    // that nobody traded is not proven by that: no coarser bar was asked for
    return { cause: 'unexplained', why: `${omitsEmpty ? 'no trades' : 'the venue has no such bars'}: ${asked}` }
  }
}
