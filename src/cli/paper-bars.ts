import { parseSeries } from '../core/series.ts'
import { getSeries } from '../data/collect/get.ts'
import type { StreamClock } from '../data/stream/stream-clock.ts'
import { pausesFile } from '../runs/connect-settings.ts'
import { originsFor } from '../runs/origins-for.ts'
import { FundingRates } from '../runs/paper/funding-rates.ts'
import { liveFeed } from '../runs/paper/live-feed.ts'
import type { Bringing } from '../runs/paper/prepare-live.ts'
import type { SessionOptions } from '../runs/paper/session-options.ts'
import { keyOf, waitText } from './asking-venues.ts'
import { interruptible } from './interrupt.ts'
import type { Io } from './io.ts'
import { ratesOf, streamOf } from './live-stream.ts'

/** Before the first bar the venues may be asked for so long, ms. */
const PATIENCE = 10 * 60_000

/** How bars and rules come into the store before the first one. @param shelf folder that they lie in where they are not for the store */
export function bringing(io: Io, clock: StreamClock, shelf: string | null): Bringing {
  return {
    shelf,
    now: () => clock.now(),
    get: (store, series, range) =>
      interruptible((signal) =>
        getSeries(store, series, range, {
          origins: originsFor(io.env, { rest: series.map(({ venue }) => venue) }),
          ...{ signal, patience: PATIENCE, key: keyOf(io), pauses: pausesFile(io.env) },
          onProgress: io.progress('bars'),
          onWait: (wait) => io.warn(waitText(wait)),
        }),
      ),
  }
}

/** Bars of the venues as they close, and what falls due of funding. @param grace for a bar whose instant is there, ms */
export function liveBars(io: Io, clock: StreamClock, grace: number): SessionOptions['live'] {
  return ({ slots }, next, after) => {
    const series = slots.map((slot) => parseSeries(slot.series))
    const names = slots.map((slot) => slot.series)
    const from = (one: (typeof series)[number]) =>
      next[names.indexOf(`${one.venue}:${one.symbol}:${one.interval}`)] ?? null
    const funded = slots.flatMap(({ isFunded }, slot) =>
      isFunded ? [{ slot, symbol: series[slot]!.symbol, since: next[slot]! }] : [],
    )
    const rates = funded.length === 0 ? null : new FundingRates({ slots: funded, clock, ask: ratesOf(io) })
    const stream = streamOf(series, from, io, io.warn, clock)
    const feed = liveFeed(stream, {
      ...{ series, next, after, grace, clock },
      ...(rates !== null && { ready: rates.ready, funding: (at, tell) => rates.take(at, tell) }),
    })
    return {
      [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator](),
      close: async () => {
        rates?.stop()
        await feed.close()
      },
    }
  }
}
