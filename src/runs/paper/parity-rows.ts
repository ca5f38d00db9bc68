import type { Bars } from '../../core/bar.ts'
import { parseSeries } from '../../core/series.ts'
import type { SlotOptions } from '../../engine/index.ts'
import { scalesOf } from '../../engine/index.ts'
import type { FeedBar } from './feed.ts'
import type { SessionSlot, WarmSlot } from './session-file.ts'

/** A bar without its place in time. */
export type Row = Pick<FeedBar, 'open' | 'high' | 'low' | 'close' | 'volume'> & {
  readonly mark: NonNullable<FeedBar['mark']> | null
}

/** Bars by their open time, oldest first. */
export type Rows = ReadonlyMap<number, Row>

const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const
const MARKS = ['open', 'high', 'low', 'close'] as const

/** Bars before a session and those of it, as rows. */
export function rowsOf({ bars, marks }: Pick<WarmSlot, 'bars' | 'marks'>, own: readonly FeedBar[]): Rows {
  const rows = new Map<number, Row>()
  const pick = (columns: Readonly<Record<(typeof MARKS)[number], Float64Array>>, k: number) => ({
    ...{ open: columns.open[k]!, high: columns.high[k]!, low: columns.low[k]!, close: columns.close[k]! },
  })
  for (let k = 0; k < bars.length; k++)
    rows.set(bars.openTime[k]!, {
      ...pick(bars, k),
      volume: bars.volume[k]!,
      mark: marks === null ? null : pick(marks, k),
    })
  for (const { openTime, open, high, low, close, volume, mark = null } of own)
    rows.set(openTime, { open, high, low, close, volume, mark })
  return rows
}

/** Rows as the columns that a backtest reads, with marks where the session is marked by them. */
export function barsFrom(
  { series, instrument, markDecimals }: SessionSlot,
  rows: Rows,
  { bars: { priceDecimals } }: Pick<WarmSlot, 'bars'>,
): { readonly bars: Bars; readonly marks: NonNullable<SlotOptions['marks']> | null } {
  const all = [...rows.values()]
  const column = (name: (typeof FIELDS)[number]) => Float64Array.from(all, (row) => row[name])
  const mark = (name: (typeof MARKS)[number]) => Float64Array.from(all, (row) => (row.mark ?? row)[name])
  const prices = { open: column('open'), high: column('high'), low: column('low'), close: column('close') }
  return {
    bars: {
      ...{ series: parseSeries(series), length: all.length, openTime: Float64Array.from(rows.keys()) },
      // as those of a session
      priceDecimals: scalesOf(instrument, priceDecimals, false).priceDecimals,
      ...{ ...prices, volume: column('volume') },
    },
    marks:
      markDecimals === null
        ? null
        : { open: mark('open'), high: mark('high'), low: mark('low'), close: mark('close'), decimals: markDecimals },
  }
}
