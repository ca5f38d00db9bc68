import { openTimeOf } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { SeriesManifest } from '../manifest.ts'
import { RowBuffer } from '../rows.ts'
import type { BarText, VenueHttp } from '../venues/venue.ts'
import { type BarBatch, type Hole, PORTION_ROWS, type Stretch } from './batch.ts'
import { bucketsIn, fetchBars, fetchWindows, firstOpen, horizonOf, type Page } from './fetch-bars.ts'
import { endOf, hasBarsBefore, tradedPart } from './find-listing.ts'
import { missingIn } from './find-missing.ts'
import { findQuiet, noteVolumes, type Volumes, windowsAround, witnessOf } from './find-quiet.ts'
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
      await cutInto(page, ends, piece)
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

/** Puts the bars of a page into the piece, which is flushed at each of the ends that they come to. */
async function cutInto(page: Page, ends: number[], piece: Piece): Promise<void> {
  const opens = opensOf(page)
  for (let first = 0; first < opens.length; ) {
    while (ends.length > 1 && opens[first]! >= ends[0]!) await piece.flush(ends.shift()!, true)
    let end = opens.length
    while (ends.length > 1 && opens[end - 1]! >= ends[0]!) end--
    piece.take(page, first, end)
    first = end
  }
}

function opensOf(page: Page): ArrayLike<number> {
  const { rows } = page
  return rows === undefined ? page.bars.map(({ openTime }) => openTime) : rows.openTime.subarray(0, rows.length)
}

class Piece {
  readonly #job: PieceJob
  readonly #host: PieceHost
  readonly #stretch: Stretch
  /** The part in which the market has bars at all, as far as days tell. */
  readonly #traded: Stretch
  #rows: RowBuffer
  #times: number[] = []
  /** Where the portion begins that is being collected. */
  #from: number
  /** The time of the last answer: where our clock is ahead, by the venue's. */
  #at: number
  /** Bars before this had ended then. */
  #ended: number
  /** The portion before this one is written while this one is fetched. */
  #storing: Promise<void> = Promise.resolve()
  #firstBar = Number.POSITIVE_INFINITY
  #lastBar = Number.NEGATIVE_INFINITY
  /** What the venue said when it was asked for the sake of a hole: once a piece is enough. */
  #wasThereBefore: boolean | null = null
  #gone: Since | false | null = null

  constructor(job: PieceJob, stretch: Stretch, traded: Stretch, host: PieceHost) {
    this.#job = job
    this.#host = host
    this.#stretch = stretch
    this.#traded = traded
    this.#from = stretch.from
    this.#rows = this.#room()
    this.#at = job.clock()
    this.#ended = openTimeOf(this.#at, job.series.interval)
  }

  /** Bars that opened before the one that holds this time have ended. */
  hear(at: number): void {
    this.#at = at
    this.#ended = openTimeOf(at, this.#job.series.interval)
  }

  /** Takes some bars of a page. */
  take(page: Page, first: number, end: number): void {
    const { rows } = page
    if (rows === undefined) for (const bar of page.bars.slice(first, end)) this.add(bar)
    else {
      this.#firstBar = Math.min(this.#firstBar, rows.openTime[first]!)
      this.#lastBar = Math.max(this.#lastBar, rows.openTime[end - 1]!)
      this.#rows.join(rows, first, end)
      for (let row = first; row < end; row++) this.#times.push(rows.openTime[row]!)
    }
  }

  add(bar: BarText): void {
    this.#firstBar = Math.min(this.#firstBar, bar.openTime)
    this.#lastBar = Math.max(this.#lastBar, bar.openTime)
    addBar(this.#rows, bar)
    this.#times.push(bar.openTime)
  }

  /**
   * Ends the portion that is being collected, with what is missing in it looked after.
   * @param isFollowed whether a bar behind it is known already: the market has not ended in it
   */
  async flush(to: number, isFollowed = false): Promise<void> {
    const { series, origin, clock } = this.#job
    const asked = { from: this.#from, to: Math.min(to, this.#ended) }
    let missing = missingIn(this.#times, asked, series.interval)
    let quiet: readonly Stretch[] = []
    if (missing.length > 0) {
      const beside = await this.#askAgain(missing, asked)
      missing = missingIn(this.#times, asked, series.interval)
      quiet = await this.#quiet(missing, beside)
    }
    await this.#storing
    const holes: Hole[] = []
    for (const one of missing)
      holes.push(...classifyHole(one, series, { ...(await this.#evidence(one, isFollowed)), quiet }))
    const at = clock()
    const batch = {
      rows: this.#rows,
      isGiven: true,
      origin,
      at,
      ...(asked.from < asked.to && { asked: { ...asked, holes } }),
    }
    this.#begin(to)
    if (batch.rows.length > 0 || holes.length > 0) this.#store(batch)
  }

  /** Puts what is collected into the store as it is: what is missing in it will be asked for the next time. */
  async keep(): Promise<void> {
    await this.#storing
    if (this.#rows.length === 0) return
    const { origin, clock } = this.#job
    const batch = { rows: this.#rows, isGiven: true, origin, at: clock() }
    this.#begin(this.#from)
    this.#store(batch)
  }

  /** When everything handed on is in the store. */
  stored(): Promise<void> {
    return this.#storing
  }

  #begin(from: number): void {
    this.#from = from
    this.#rows = this.#room()
    this.#times = []
  }

  /** For a portion: one that grows would be copied again and again. */
  #room(): RowBuffer {
    const { interval } = this.#job.series
    const rest = Math.max(0, bucketsIn({ from: this.#from, to: this.#stretch.to }, interval))
    return new RowBuffer(Math.min(PORTION_ROWS, rest))
  }

  #store(batch: BarBatch): void {
    this.#storing = this.#host.put(batch)
    // heard of when the next one is stored, or at the end
    this.#storing.catch(() => undefined)
  }

  #isStored(): boolean {
    return (this.#host.stored()?.rows ?? 0) > 0
  }

  /** Asks for missing stretches once more, near ones together; gives what came that lies beside the portion. */
  async #askAgain(missing: readonly Stretch[], asked: Stretch): Promise<RowBuffer> {
    const { http, series, clock } = this.#job
    const { omitsEmpty, intervals, pageRows } = http.api.bars
    const oldest = Math.max(this.#traded.from, horizonOf(http.api.bars, series.interval, this.#at))
    const parts = partsIn(missing, { from: oldest, to: this.#traded.to })
    // with what lies beside them in the bars that bear witness
    const grid = (omitsEmpty ? witnessOf(intervals, series.interval) : null) ?? series.interval
    const windows = windowsAround(parts, series.interval, grid, pageRows)
    const known = new Set(this.#times)
    const beside = new RowBuffer(0)
    for await (const { bars } of fetchWindows(http, series, windows, { clock }))
      for (const bar of bars) {
        if (bar.openTime < asked.from || bar.openTime >= asked.to) addBar(beside, bar)
        else if (!known.has(bar.openTime)) this.add(bar)
      }
    this.#times.sort((a, b) => a - b)
    return beside
  }

  /** Where nobody traded, of what is missing at a venue that leaves such buckets out. */
  async #quiet(missing: readonly Stretch[], beside: RowBuffer): Promise<readonly Stretch[]> {
    const { http, series, clock } = this.#job
    if (!http.api.bars.omitsEmpty) return []
    const volumes: Volumes = new Map()
    for (const rows of [this.#rows, beside]) noteVolumes(volumes, rows)
    return findQuiet(http, series, partsIn(missing, this.#traded), volumes, { clock })
  }

  async #evidence(missing: Stretch, isFollowed: boolean) {
    const { http, series } = this.#job
    return {
      omitsEmpty: http.api.bars.omitsEmpty,
      horizon: horizonOf(http.api.bars, series.interval, this.#at),
      listed: await this.#listing(missing),
      delisted: isFollowed ? null : await this.#end(missing),
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

  /** Whether a missing stretch lies behind the market's last bar: it trades no more, and the venue has no bar behind. */
  async #end({ from }: Stretch): Promise<Since | null> {
    const { http, series, clock } = this.#job
    const manifest = this.#host.stored()
    const isBehindAll = this.#isStored() ? from >= manifest!.to && from > this.#lastBar : from > this.#lastBar
    if (!isBehindAll || (this.#lastBar < this.#firstBar && !this.#isStored())) return null
    this.#gone ??= await endOf(http, series, this.#stretch.to, { clock })
    return this.#gone === false ? null : { at: Math.max(from, this.#gone.at), because: this.#gone.because }
  }
}

function partsIn(stretches: readonly Stretch[], { from, to }: Stretch): readonly Stretch[] {
  return stretches
    .map((one) => ({ from: Math.max(one.from, from), to: Math.min(one.to, to) }))
    .filter((one) => one.from < one.to)
}
