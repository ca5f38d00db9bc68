import { openTimeOf } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { SeriesManifest } from '../manifest.ts'
import { RowBuffer } from '../rows.ts'
import type { BarText, VenueHttp } from '../venues/venue.ts'
import type { BarBatch, Hole, Stretch } from './batch.ts'
import { bucketsIn, fetchBars, fetchWindows, firstOpen, horizonOf, windowsOf } from './fetch-bars.ts'
import { hasBarsBefore, marketOf, tradedPart } from './find-listing.ts'
import { missingIn } from './find-missing.ts'
import { classifyHole, type Since } from './gaps.ts'
import { addBar, cutStretch } from './store-bars.ts'

export interface PieceJob {
  readonly series: Series
  readonly http: VenueHttp
  /** Host by which bars are said to have come. */
  readonly origin: string
  /** Wall clock, UTC ms. */
  readonly clock: () => number
}

export interface PieceHost {
  /** Puts a batch into the store. */
  put(batch: BarBatch): Promise<void>
  /** Buckets of the piece that are behind us. */
  onProgress(rows: number): void
  /** What the store knows of the series by now. */
  stored(): SeriesManifest | null
}

/**
 * Fetches one missing stretch and hands it on portion by portion: what is missing in a portion is asked for once more, and told with
 * its cause.
 * @throws what the venue or the store does not do; what was collected until then is put into the store first
 */
export async function getPiece(job: PieceJob, stretch: Stretch, host: PieceHost): Promise<void> {
  const { http, series, clock } = job
  const traded = await tradedPart(http, series, stretch, { clock })
  const ends = cutStretch(traded, series.interval).map(({ to }) => firstOpen(to, series.interval))
  const piece = new Piece(job, stretch, traded, host)
  try {
    for await (const page of fetchBars(http, series, traded, { clock })) {
      piece.hear(page.at)
      for (const bar of page.bars) {
        while (ends.length > 1 && bar.openTime >= ends[0]!) await piece.flush(ends.shift()!)
        piece.add(bar)
      }
      host.onProgress(bucketsIn({ from: stretch.from, to: page.stretch.to }, series.interval))
    }
    await piece.flush(stretch.to)
  } catch (error) {
    await piece.keep()
    throw error
  } finally {
    await piece.stored()
  }
}

class Piece {
  readonly #job: PieceJob
  readonly #host: PieceHost
  readonly #stretch: Stretch
  /** The part in which the market has bars at all, as far as days tell. */
  readonly #traded: Stretch
  #rows = new RowBuffer()
  #times: number[] = []
  /** Where the portion begins that is being collected. */
  #from: number
  /** Bars before this had ended when the last answer was made. */
  #ended: number
  /** The portion before this one is written while this one is fetched. */
  #storing: Promise<void> = Promise.resolve()
  #firstBar = Number.POSITIVE_INFINITY
  #lastBar = Number.NEGATIVE_INFINITY
  /** What the venue said when it was asked for the sake of a hole: once a piece is enough. */
  #wasThereBefore: boolean | null = null
  #gone: string | false | null = null

  constructor(job: PieceJob, stretch: Stretch, traded: Stretch, host: PieceHost) {
    this.#job = job
    this.#host = host
    this.#stretch = stretch
    this.#traded = traded
    this.#from = stretch.from
    this.#ended = openTimeOf(job.clock(), job.series.interval)
  }

  /** Bars that opened before the one that holds this time have ended. */
  hear(at: number): void {
    this.#ended = openTimeOf(at, this.#job.series.interval)
  }

  add(bar: BarText): void {
    this.#firstBar = Math.min(this.#firstBar, bar.openTime)
    this.#lastBar = Math.max(this.#lastBar, bar.openTime)
    addBar(this.#rows, bar)
    this.#times.push(bar.openTime)
  }

  /** Ends the portion that is being collected, with what is missing in it looked after. */
  async flush(to: number): Promise<void> {
    const { series, origin, clock } = this.#job
    const asked = { from: this.#from, to: Math.min(to, this.#ended) }
    let missing = missingIn(this.#times, asked, series.interval)
    if (missing.length > 0) {
      await this.#askAgain(missing)
      missing = missingIn(this.#times, asked, series.interval)
    }
    await this.#storing
    const holes: Hole[] = []
    for (const one of missing) holes.push(...classifyHole(one, series, await this.#evidence(one)))
    const at = clock()
    const batch = { rows: this.#rows, origin, at, ...(asked.from < asked.to && { asked: { ...asked, holes } }) }
    this.#begin(to)
    if (batch.rows.length > 0 || holes.length > 0) this.#store(batch)
  }

  /** Puts what is collected into the store as it is: what is missing in it will be asked for the next time. */
  async keep(): Promise<void> {
    await this.#storing
    if (this.#rows.length === 0) return
    const { origin, clock } = this.#job
    const batch = { rows: this.#rows, origin, at: clock() }
    this.#begin(this.#from)
    this.#store(batch)
  }

  /** When everything handed on is in the store. */
  stored(): Promise<void> {
    return this.#storing
  }

  #begin(from: number): void {
    this.#from = from
    this.#rows = new RowBuffer()
    this.#times = []
  }

  #store(batch: BarBatch): void {
    this.#storing = this.#host.put(batch)
    // heard of when the next one is stored, or at the end
    this.#storing.catch(() => undefined)
  }

  #isStored(): boolean {
    return (this.#host.stored()?.rows ?? 0) > 0
  }

  /** Asks for missing stretches once more, near ones together. */
  async #askAgain(missing: readonly Stretch[]): Promise<void> {
    const { http, series, clock } = this.#job
    const { pageRows } = http.api.bars
    const oldest = Math.max(this.#traded.from, horizonOf(http.api.bars, series.interval, clock()))
    const windows: Stretch[] = []
    for (const one of missing) {
      const from = Math.max(one.from, oldest)
      const to = Math.min(one.to, this.#traded.to)
      const last = windows.at(-1)
      if (from >= to) continue
      if (last !== undefined && bucketsIn({ from: last.from, to }, series.interval) <= pageRows)
        windows[windows.length - 1] = { from: last.from, to }
      else windows.push(...windowsOf({ from, to }, series.interval, pageRows))
    }
    const known = new Set(this.#times)
    for await (const { bars } of fetchWindows(http, series, windows, { clock }))
      for (const bar of bars) if (!known.has(bar.openTime)) this.add(bar)
    this.#times.sort((a, b) => a - b)
  }

  async #evidence(missing: Stretch) {
    const { http, series, clock } = this.#job
    return {
      omitsEmpty: http.api.bars.omitsEmpty,
      pageRows: http.api.bars.pageRows,
      horizon: horizonOf(http.api.bars, series.interval, clock()),
      listed: await this.#listing(missing),
      delisted: await this.#end(missing),
    }
  }

  /** Whether a missing stretch lies before the market's first bar: none is known before it, and the venue has none. */
  async #listing({ to }: Stretch): Promise<Since | null> {
    const { http, series, clock } = this.#job
    const manifest = this.#host.stored()
    const first = Math.min(this.#firstBar, manifest !== null && manifest.rows > 0 ? manifest.from : this.#firstBar)
    if (to > first) return null
    this.#wasThereBefore ??= await hasBarsBefore(http, series, this.#stretch.from, { clock })
    if (this.#wasThereBefore) return null
    const isFound = first < Number.POSITIVE_INFINITY
    const because = isFound
      ? `the first bar that ${series.venue} has of it opens at ${timeName(first)}`
      : `${series.venue} has no bar of it before ${timeName(to)}`
    return { at: isFound ? first : to, because }
  }

  /** Whether a missing stretch lies behind the market's last bar, and the market trades no more. */
  async #end({ from }: Stretch): Promise<Since | null> {
    const { http, series } = this.#job
    const manifest = this.#host.stored()
    const isBehindAll = this.#isStored() ? from >= manifest!.to && from > this.#lastBar : from > this.#lastBar
    if (!isBehindAll || (this.#lastBar < this.#firstBar && !this.#isStored())) return null
    this.#gone ??= await goneFrom(http, series)
    return this.#gone === false ? null : { at: from, because: this.#gone }
  }
}

/** How a venue says that a market trades no more; false where it trades, or nothing can be learnt. */
async function goneFrom(http: VenueHttp, { venue, symbol }: Series): Promise<string | false> {
  try {
    const market = await marketOf(http, symbol.replace(/@mark$/, ''))
    if (market === null) return `${venue} lists it no more`
    return market.isTrading ? false : `${venue} says of it: ${market.status}`
  } catch {
    // the bars are there: that the rules are not is told by whoever gets the rules
    return false
  }
}
