import { closeTimeOf, openTimeOf } from '../../core/interval.ts'
import { type Series, seriesName, type Venue } from '../../core/series.ts'
import { didYouMean } from '../../core/suggest.ts'
import { timeName } from '../../core/time.ts'
import { NotFoundError } from '../data-error.ts'
import { WALL_CLOCK } from '../http/http-clock.ts'
import { isForPatience, VenueError } from '../http/venue-error.ts'
import { type HttpOptions, openVenueHttp, PATIENCE } from '../http/venue-http.ts'
import type { Store } from '../store.ts'
import { venueApi } from '../venues/all-venues.ts'
import type { VenueHttp } from '../venues/venue.ts'
import { hasArchive } from './archive-files.ts'
import { openArchiveHttp } from './archive-http.ts'
import type { Stretch } from './batch.ts'
import { firstOpen } from './fetch-bars.ts'
import { checkMarket, type Listings, marketsOf } from './find-listing.ts'
import { type BarsGot, getBars } from './get-bars.ts'
import type { GetOptions, GetRange, SeriesGot, VenueRulesGot } from './get-options.ts'
import { getRules } from './get-rules.ts'
import { Tally } from './tally.ts'

/** More missing rows than these come as files first: 30 days of 1m. */
const ARCHIVE_ROWS = 43_200
/** Series of one venue underway at once: small ones wait for answers, large ones for the allowance that they share. */
const AT_ONCE = 4

/** From when on a series is wanted. */
export interface Start {
  readonly series: Series
  /** An open time, UTC ms. */
  readonly from: number
}

/** All that is wanted of one venue. */
export class VenueWork {
  readonly #store: Store
  readonly #venue: Venue
  readonly #range: GetRange
  readonly #options: GetOptions
  readonly #onProgress: (name: string) => (done: number, total: number) => void
  readonly #clock: () => number
  /** When the patience for all of it ends, UTC ms. */
  readonly #deadline: number
  readonly #known: Listings = new Map()

  constructor(
    store: Store,
    venue: Venue,
    range: GetRange,
    options: GetOptions,
    onProgress: (name: string) => (done: number, total: number) => void,
  ) {
    this.#store = store
    this.#venue = venue
    this.#range = range
    this.#options = options
    this.#onProgress = onProgress
    this.#clock = () => (options.clock ?? WALL_CLOCK).now()
    this.#deadline = this.#clock() + (options.patience ?? PATIENCE)
  }

  async get(starts: readonly Start[]): Promise<{ series: SeriesGot[]; rules: VenueRulesGot[] }> {
    const { http } = this.#open()
    const { clock } = http.api
    // whose clock is behind does not know yet of bars that ours has seen end
    const now = await http
      .get(clock.ask, ({ body }) => clock.read(body))
      .then(
        (there) => Math.min(there, this.#clock()),
        (error: Error) => error,
      )
    const series: SeriesGot[] = []
    const waiting = [...starts]
    const one = async () => {
      for (let start = waiting.shift(); start !== undefined; start = waiting.shift())
        series.push(now instanceof Error ? this.#failed(start, now) : await this.#getOne(start, now))
    }
    await Promise.all(Array.from({ length: AT_ONCE }, one))
    const wantsRules = this.#options.isBarsOnly !== true && this.#options.signal?.aborted !== true
    const rules = !(now instanceof Error) && wantsRules ? [await this.#getRules(starts, series)] : []
    return { series, rules }
  }

  /** A client of its own for each series, so that it is known who waited; the limiter is the venue's. */
  #open(): { readonly http: VenueHttp; readonly tally: Tally } {
    const { origins, onWait } = this.#options
    const tally = new Tally(this.#clock)
    const origin = origins?.rest?.[this.#venue]
    const http = openVenueHttp(venueApi(this.#venue), {
      ...this.#httpOptions(),
      ...(origin !== undefined && { origin }),
      onWait: (wait) => {
        tally.wait(wait)
        onWait?.(wait)
      },
    })
    return { http: tally.counted(http), tally }
  }

  #httpOptions(): HttpOptions {
    const { clock, signal, isUnlimited, pauses } = this.#options
    return {
      patience: this.#deadline - this.#clock(),
      ...(clock !== undefined && { clock }),
      ...(signal !== undefined && { signal }),
      ...(isUnlimited !== undefined && { isUnlimited }),
      ...(pauses !== undefined && { pauses }),
    }
  }

  #archive() {
    const { origins, archive, onWait } = this.#options
    if (archive === false || !hasArchive(this.#venue)) return null
    const origin = origins?.archive
    // who asks elsewhere than at the exchange does not ask its archive behind that one's back
    if (origin === undefined && origins?.rest?.[this.#venue] !== undefined) return null
    const http = openArchiveHttp({
      ...this.#httpOptions(),
      ...(origin !== undefined && { origin }),
      ...(onWait !== undefined && { onWait }),
    })
    return { http, leastRows: archive === true ? 0 : ARCHIVE_ROWS }
  }

  async #getOne({ series, from }: Start, now: number): Promise<SeriesGot> {
    const { http, tally } = this.#open()
    const { interval } = series
    const ended = openTimeOf(now, interval)
    const stretch = { from, to: Math.min(ended, firstOpen(this.#range.to ?? ended, interval)) }
    const got: BarsGot = { added: 0, made: 0, revised: [], archive: { files: 0, error: null }, manifest: null }
    const { isUpdate = false, fill, origins } = this.#options
    let error: string | null = null
    let isImpatient = false
    try {
      if (stretch.from >= stretch.to) throw new NotFoundError(this.#tooYoung(series, from, ended))
      const archive = this.#archive()
      // an archive has markets too that the venue does not list any more
      if (archive === null && ((await this.#store.manifest(series))?.rows ?? 0) === 0)
        await checkMarket(http, series, { clock: this.#clock, known: this.#known })
      await getBars(
        {
          store: this.#store,
          series,
          http,
          origin: new URL(origins?.rest?.[this.#venue] ?? http.api.origin).host,
          clock: this.#clock,
          stretch,
          isAgain: !isUpdate,
          archive,
          isFilled: fill === 'flat',
          onProgress: this.#onProgress(seriesName(series)),
        },
        got,
      )
    } catch (problem) {
      error = await this.#explained(problem as Error, series, http)
      isImpatient = isForPatience(problem)
    }
    const { manifest, ...counts } = got
    return {
      ...{ series: seriesName(series), ...stretch, ...counts },
      holes: (manifest?.holes ?? []).filter(({ start, end }) => end > stretch.from && start < stretch.to),
      stored:
        manifest === null || manifest.rows === 0 ? null : { rows: manifest.rows, from: manifest.from, to: manifest.to },
      requests: tally.requests,
      waited: tally.waited,
      error,
      isStopped: error !== null && this.#options.signal?.aborted === true,
      isImpatient,
    }
  }

  #failed({ series, from }: Start, { message }: Error): SeriesGot {
    const { to = from } = this.#range
    return {
      ...{ series: seriesName(series), from, to, added: 0, made: 0, revised: [], holes: [], stored: null },
      ...{
        requests: 0,
        archive: { files: 0, error: null },
        waited: 0,
        error: message,
        isStopped: this.#options.signal?.aborted === true,
        isImpatient: false,
      },
    }
  }

  #tooYoung(series: Series, from: number, ended: number): string {
    const first = timeName(closeTimeOf(from, series.interval))
    return `${seriesName(series)}: its first bar would end at ${first}, and by the clock of ${series.venue} those until ${timeName(ended)} have ended: there is nothing to get yet`
  }

  /** Of a symbol that the venue does not know, the nearest it does. */
  async #explained(problem: Error, { symbol }: Series, http: VenueHttp): Promise<string> {
    if (!(problem instanceof VenueError) || problem.facts.kind !== 'symbol') return problem.message
    try {
      const names = (await marketsOf(http, symbol, this.#known)).map(({ instrument }) => instrument.symbol)
      return names.length < 2
        ? problem.message
        : `${problem.message}${didYouMean(symbol, names)} (${this.#venue} lists ${names.length}, e.g. ${names.slice(0, 3).join(', ')})`
    } catch {
      // without its list the venue's own words have to do
      return problem.message
    }
  }

  async #getRules(starts: readonly Start[], got: readonly SeriesGot[]): Promise<VenueRulesGot> {
    const { http } = this.#open()
    const there = starts.flatMap(({ series }) => {
      const one = got.find((other) => other.series === seriesName(series))!
      return one.stored === null ? [] : [{ symbol: series.symbol, stretch: one as Stretch }]
    })
    const job = {
      ...{ store: this.#store, http, clock: this.#clock, known: this.#known },
      ...{ archive: this.#archive()?.http ?? null, key: this.#options.key ?? null },
    }
    try {
      return { venue: this.#venue, markets: await getRules(job, there), error: null }
    } catch (error) {
      return { venue: this.#venue, markets: [], error: (error as Error).message }
    }
  }
}
