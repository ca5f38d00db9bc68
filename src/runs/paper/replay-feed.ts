import { type Bars, firstRowAt } from '../../core/bar.ts'
import { closeTimeOf } from '../../core/interval.ts'
import type { FundingColumns, MarkColumns } from '../../core/leverage.ts'
import { pause, type StreamClock } from '../../data/stream/stream-clock.ts'
import type { FeedBar, FeedEvent, FeedFunding, PaperFeed } from './feed.ts'

/** One instrument's stored bars, with what belongs to them row by row. */
export interface ReplaySlot {
  readonly bars: Bars
  readonly marks: MarkColumns | null
  readonly funding: FundingColumns | null
}

interface ReplayOptions {
  /** Open time of the first bar that is replayed. */
  readonly from: number
  /** Instants up to here have been taken already, UTC ms. */
  readonly after: number
  /** So much faster than in life; `max`: as fast as they are taken. */
  readonly speed: number | 'max'
  readonly clock: StreamClock
}

/** Stored bars as they would have come: instant by instant, in the order in which a backtest meets them. */
export function replayFeed(slots: readonly ReplaySlot[], options: ReplayOptions): PaperFeed {
  const over = new AbortController()
  return {
    [Symbol.asyncIterator]: () => replayed(slots, options, over.signal),
    close: async () => over.abort(),
  }
}

async function* replayed(
  slots: readonly ReplaySlot[],
  { from, after, speed, clock }: ReplayOptions,
  signal: AbortSignal,
): AsyncGenerator<FeedEvent, void> {
  const places = slots.map((slot) => placeOf(slot, from, after))
  const pace = speed === 'max' ? null : { speed, from: clock.now(), at: Number.NaN }
  for (;;) {
    const at = Math.min(...slots.map(({ bars }, k) => closeOf(bars, places[k]!.row)))
    if (!Number.isFinite(at)) return
    const bars: FeedBar[] = []
    const funding: FeedFunding[] = []
    for (const [k, slot] of slots.entries()) {
      const place = places[k]!
      if (closeOf(slot.bars, place.row) !== at) continue
      funding.push(...fundingBefore(slot, k, at, place))
      bars.push(barAt(slot, k, place.row))
      place.row++
    }
    if (pace !== null) {
      if (Number.isNaN(pace.at)) pace.at = at
      await pause(clock, pace.from + (at - pace.at) / pace.speed - clock.now(), signal)
    }
    if (signal.aborted) return
    yield { kind: 'instant', at, funding, bars, how: 'replay', heard: performance.now() }
  }
}

interface Place {
  row: number
  funding: number
}

function placeOf({ bars, funding }: ReplaySlot, from: number, after: number): Place {
  let row = firstRowAt(bars.openTime, from)
  while (closeOf(bars, row) <= after) row++
  // what fell due before the run is not its own; what fell due before a bar that was taken has been charged with it
  const begin = bars.openTime[row] ?? Number.POSITIVE_INFINITY
  const charged = row > firstRowAt(bars.openTime, from) ? closeOf(bars, row - 1) : begin
  return { row, funding: funding === null ? 0 : firstRowAt(funding.time, charged) }
}

/** UTC ms; Infinity behind the last row. */
function closeOf({ openTime, series, length }: Bars, row: number): number {
  return row < length ? closeTimeOf(openTime[row]!, series.interval) : Number.POSITIVE_INFINITY
}

function fundingBefore({ funding }: ReplaySlot, slot: number, at: number, place: Place): FeedFunding[] {
  const due: FeedFunding[] = []
  if (funding === null) return due
  for (; place.funding < funding.time.length && funding.time[place.funding]! < at; place.funding++) {
    const mark = funding.mark[place.funding]!
    const [time, rate] = [funding.time[place.funding]!, funding.rate[place.funding]!]
    due.push({ slot, time, rate, mark: Number.isFinite(mark) ? mark : null })
  }
  return due
}

function barAt({ bars, marks }: ReplaySlot, slot: number, row: number): FeedBar {
  const bar = {
    ...{ slot, openTime: bars.openTime[row]!, open: bars.open[row]!, high: bars.high[row]! },
    ...{ low: bars.low[row]!, close: bars.close[row]!, volume: bars.volume[row]! },
  }
  if (marks === null) return bar
  const mark = { open: marks.open[row]!, high: marks.high[row]!, low: marks.low[row]!, close: marks.close[row]! }
  return { ...bar, mark }
}
