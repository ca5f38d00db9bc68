import { openTimeOf } from '../../core/interval.ts'
import { type Series, seriesName, type Venue } from '../../core/series.ts'
import { askTime } from './ask-time.ts'
import { EventQueue } from './event-queue.ts'
import type { Feed, FeedKind, FeedListener } from './feed.ts'
import { FEEDS } from './feeds.ts'
import type { LiveEvent, LiveStream } from './live.ts'
import { PATIENCE, type Patience } from './patience.ts'
import { isMark, type RestSide } from './rest-side.ts'
import { SeriesLine } from './series-line.ts'
import { type StreamClock, SYSTEM_CLOCK } from './stream-clock.ts'
import { VenueClock } from './venue-clock.ts'

/** Bars of the past are fetched no faster than they are taken, beyond so many. */
const ROOM = 5_000

export interface StreamOptions {
  /** How a venue's REST interface is asked. */
  readonly rest: (venue: Venue) => RestSide
  /** Open time of the first bar that is wanted, such as the one after the last that is stored; `null`: the one that is open now. */
  readonly from?: (series: Series) => number | null
  /** Where venues stream and answer, instead of their own addresses: mirrors, proxies, tests. */
  readonly origins?: {
    readonly stream?: Partial<Record<Venue, string>>
    readonly rest?: Partial<Record<Venue, string>>
  }
  readonly patience?: Partial<Patience>
  readonly clock?: StreamClock
  /** How a venue is listened to; tests hand in what they play themselves. */
  readonly feed?: (venue: Venue) => Promise<FeedKind>
}

/**
 * Streams closed bars of several series from several venues: each series strictly in the order of time, none twice, none missing
 * without a hole; see `LiveStream`. What cannot pass by waiting (no such market, a firewall) ends its series; the last one to end ends the
 * iteration with its error.
 * @throws RangeError for an interval that a venue has not got
 */
export function openStream(series: readonly Series[], options: StreamOptions): LiveStream {
  return new Assembly(series, options)
}

/** Series that share a connection. */
interface Group {
  readonly series: readonly Series[]
  /** Aborted when none of them goes on. */
  readonly over: AbortController
  state: 'new' | 'up' | 'down'
}

class Assembly implements LiveStream {
  readonly #options: StreamOptions
  readonly #clock: StreamClock
  readonly #patience: Patience
  readonly #ending = new AbortController()
  readonly #queue = new EventQueue<LiveEvent>(ROOM, () => this.close())
  readonly #lines = new Map<string, SeriesLine>()
  readonly #feeds: Promise<void>[] = []
  readonly #wanted: ReadonlySet<string>
  readonly #ended = new Set<string>()
  readonly #groups: Group[] = []
  #end: Promise<void> | null = null

  constructor(series: readonly Series[], options: StreamOptions) {
    this.#options = options
    this.#clock = options.clock ?? SYSTEM_CLOCK
    this.#patience = { ...PATIENCE, ...options.patience }
    const wanted = new Map(series.map((one) => [seriesName(one), one]))
    this.#wanted = new Set(wanted.keys())
    const venues = [...Map.groupBy(wanted.values(), ({ venue }) => venue)].map(([venue, all]) => {
      const rest = options.rest(venue)
      const wrong = all.find(({ interval }) => !rest.intervals.includes(interval))
      if (wrong !== undefined)
        throw new RangeError(`${seriesName(wrong)}: ${venue} has no such bars; it has ${rest.intervals.join(' ')}`)
      return { venue, all, rest }
    })
    for (const { venue, all, rest } of venues)
      this.#feeds.push(
        this.#openVenue(venue, all, rest).catch((error: unknown) => {
          for (const series of all) this.#endLine(series, error)
        }),
      )
  }

  get waiting(): number {
    return this.#queue.length
  }

  [Symbol.asyncIterator](): AsyncIterator<LiveEvent> {
    return this.#queue
  }

  close(): Promise<void> {
    this.#queue.end()
    return this.#stop()
  }

  #stop(): Promise<void> {
    this.#ending.abort()
    for (const line of this.#lines.values()) line.stop()
    this.#end ??= Promise.all(this.#feeds).then(() => undefined)
    return this.#end
  }

  #fail(error: unknown): void {
    if (this.#ending.signal.aborted) return
    this.#queue.end(error)
    void this.#stop()
  }

  /** One series cannot go on; the stream ends with the last of them. */
  #endLine(series: Series, error: unknown): void {
    const name = seriesName(series)
    if (this.#ending.signal.aborted || this.#ended.has(name)) return
    this.#ended.add(name)
    this.#lines.get(name)?.stop()
    this.#queue.push({ kind: 'ended', series, why: whyOf(error) })
    for (const group of this.#groups)
      if (group.series.every((one) => this.#ended.has(seriesName(one)))) group.over.abort()
    if (this.#ended.size === this.#wanted.size) this.#fail(error)
  }

  /** Resolves when the venue's feeds are closed. */
  async #openVenue(venue: Venue, all: readonly Series[], rest: RestSide): Promise<void> {
    const kind = await (this.#options.feed ?? ((name) => FEEDS[name]()))(venue)
    const { signal } = this.#ending
    if (signal.aborted) return
    const venueClock = new VenueClock(this.#clock, (ahead) => this.#queue.push({ kind: 'clock', venue, ahead }))
    for (const series of all) this.#openLine(series, kind, rest, venueClock)
    const groups = kind
      .split(all.filter((series) => !isMark(series)))
      .map((series): Group => ({ series, over: new AbortController(), state: 'new' }))
    this.#groups.push(...groups)
    const over = new AbortController()
    const asking = kind.hasClock ? null : askTime(rest, this.#clock, venueClock, AbortSignal.any([signal, over.signal]))
    const listening = groups.map((group) => this.#listen(venue, kind, group, this.#listener(group, groups, venueClock)))
    await Promise.all([Promise.all(listening).finally(() => over.abort()), asking])
  }

  #openLine(series: Series, { isNeverQuiet }: FeedKind, rest: RestSide, venueClock: VenueClock): void {
    const { interval, venue } = series
    const line = new SeriesLine({
      series,
      first: this.#options.from?.(series) ?? openTimeOf(this.#clock.now(), interval),
      clock: this.#clock,
      venueClock,
      patience: this.#patience,
      ask: rest.ask,
      marks: venue === 'binance-usdm' && !isMark(series) ? (stretch) => rest.marks(series, stretch) : null,
      origin: rest.origin,
      omitsEmpty: rest.omitsEmpty,
      horizon: rest.horizon,
      // venues have no bars of the mark price in their streams: REST brings them after each close
      isStreamed: !isMark(series),
      isNeverQuiet,
      signal: this.#ending.signal,
      tell: (event) => this.#queue.push(event),
      room: () => this.#queue.room(),
      fail: (error) => this.#endLine(series, error),
    })
    this.#lines.set(seriesName(series), line)
    line.start()
  }

  /** A venue is up when all its connections are: one of them down is told, and what it carries is asked for by REST. */
  #listener(group: Group, groups: readonly Group[], venueClock: VenueClock): FeedListener {
    const { venue } = group.series[0]!
    const line = (series: Series) => this.#lines.get(seriesName(series))!
    return {
      bar: (series, bar, isClosed, mark) => {
        line(series).heard(bar.openTime)
        if (isClosed) line(series).closed(bar, mark)
      },
      doubted: (series, openTime) => line(series).doubted(openTime),
      time: (at) => venueClock.heard(at),
      alive: (series) => line(series).heard(),
      connected: () => {
        if (group.state === 'up' || group.over.signal.aborted) return
        group.state = 'up'
        if (groups.every(({ state, over }) => state === 'up' || over.signal.aborted))
          this.#queue.push({ kind: 'connected', venue })
        for (const series of group.series) line(series).connected()
      },
      disconnected: (why) => {
        if (group.state === 'down' || group.over.signal.aborted) return
        group.state = 'down'
        this.#queue.push({ kind: 'disconnected', venue, why })
        for (const series of group.series) line(series).disconnected()
      },
      failed: (error) => {
        for (const series of group.series) this.#endLine(series, error)
      },
    }
  }

  /** Keeps a feed until the end, or its own. */
  async #listen(venue: Venue, kind: FeedKind, { series, over }: Group, listener: FeedListener): Promise<void> {
    const signal = AbortSignal.any([this.#ending.signal, over.signal])
    const { origins } = this.#options
    const options = {
      clock: this.#clock,
      origin: origins?.stream?.[venue],
      restOrigin: origins?.rest?.[venue],
      pause: this.#patience.reconnect,
    }
    const feed: Feed = await kind.open(series, listener, options)
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await feed.close()
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.message, ...(error.cause instanceof Error ? [error.cause.message] : [])].join(': ')
}
