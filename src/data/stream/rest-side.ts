import type { Interval } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import type { Stretch } from '../collect/batch.ts'
import { fetchBars, type Page } from '../collect/fetch-bars.ts'
import { VenueError } from '../http/venue-error.ts'
import { VenueContentError, type VenueHttp } from '../venues/venue.ts'
import type { StreamClock } from './stream-clock.ts'

/** What REST adds to a stream: what was missed, and proof that nothing was. */
export interface RestSide {
  /** Host, for the record. */
  readonly origin: string
  readonly intervals: readonly Interval[]
  /** Empty buckets are left out. */
  readonly omitsEmpty: boolean
  /** Only so many of the newest bars can be had. */
  readonly horizon: number | null
  /** Bars of the past, page by page in the order of time, none unfinished. */
  ask(series: Series, stretch: Stretch): AsyncIterable<Page>
  /** Closes of a perpetual's mark price by open time; empty where the venue does not say now. */
  marks(series: Series, stretch: Stretch): Promise<ReadonlyMap<number, string>>
  /** What time it is there, UTC ms. */
  time(signal: AbortSignal): Promise<number>
}

export const isMark = (series: Series) => series.symbol.endsWith('@mark')

/**
 * A venue's REST interface as a stream uses it.
 * @param open a client for one question: a client's patience ends, a stream does not
 */
export function restSide(open: () => VenueHttp, origin: string, clock: StreamClock): RestSide {
  const { bars, clock: venueClock } = open().api
  const ask = (series: Series, stretch: Stretch) => fetchBars(open(), series, stretch, { clock: () => clock.now() })
  return {
    origin: new URL(origin).host,
    intervals: bars.intervals,
    omitsEmpty: bars.omitsEmpty,
    horizon: bars.horizon,
    ask,
    marks: async (series, stretch) => {
      const closes = new Map<number, string>()
      try {
        for await (const page of ask({ ...series, symbol: `${series.symbol}@mark` }, stretch))
          for (const { openTime, close } of page.bars) closes.set(openTime, close)
      } catch (error) {
        // a bar without its mark is better than none
        if (!(error instanceof VenueError || error instanceof VenueContentError)) throw error
      }
      return closes
    },
    time: (signal) => open().get(venueClock.ask, ({ body }) => venueClock.read(body), signal),
  }
}
