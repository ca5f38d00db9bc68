import { expect, test } from 'vitest'
import { sliceBars } from '../../src/core/bar.ts'
import { GrowingBars } from '../../src/core/growing-bars.ts'
import { seededRandom } from '../../src/core/random.ts'
import {
  adx, atr, batchColumns, bollinger, crossUp, dayVwap, donchian, ema, GrowingIndicators, macd, mfi, obv, psar, RingColumns,
  rollingMedian, rsi, sma, stochastic, supertrend, wma,
} from '../../src/indicators/index.ts' // biome-ignore format: a list
import { madeBars } from '../models/made-bars.ts'

const DECLARED = {
  sma: sma(50),
  ema: ema(20),
  ofAnother: sma(8, rsi(14)),
  macd: macd(12, 26, 9),
  atr: atr(14),
  bands: bollinger(20, 2),
  channel: donchian(55),
  adx: adx(14),
  flow: mfi(14),
  obv: obv(),
  sar: psar(),
  median: rollingMedian(31),
  stochastic: stochastic(14, 3, 3),
  trend: supertrend(10, 3),
  day: dayVwap(),
  weighted: wma(9),
  cross: crossUp(ema(5), ema(20)),
}

/** Two chunks of a ring and a part of a third. */
const ROWS = 9000
const made = madeBars({ rows: ROWS, gaps: [4096, 7000] })
const round = (column: Float64Array) => column.map((value) => Math.round(value * 100) / 100)
const all = {
  ...made,
  priceDecimals: 2,
  open: round(made.open),
  high: round(made.high),
  low: round(made.low),
  close: round(made.close),
}
const whole = batchColumns(DECLARED, all)

const barOf = (row: number) => ({
  openTime: all.openTime[row]!,
  open: all.open[row]!,
  high: all.high[row]!,
  low: all.low[row]!,
  close: all.close[row]!,
  volume: all.volume[row]!,
})

/** How many rows come at once: mostly one, now and then more than a chunk. */
function* counts() {
  const random = seededRandom(5)
  for (;;) yield random() < 0.001 ? 4500 : random() < 0.05 ? Math.ceil(random() * 300) : 1
}

test.each([0, 300, 4096])('indicators of bars that grow have the bits of the whole, from %i bars on', (warm) => {
  const bars = new GrowingBars(sliceBars(all, 0, warm))
  const ring = new RingColumns(DECLARED, bars)
  const columns = new GrowingIndicators(DECLARED, bars)
  const pairs = Object.entries(whole).flatMap(([name, outputs]) =>
    Object.entries(outputs).map(([output, column]) => ({
      column,
      ring: (ring.columns as typeof whole)[name as 'sma'][output]!,
      grown: (columns.columns as typeof whole)[name as 'sma'][output]!,
    })),
  )
  for (const count of counts()) {
    const from = bars.length
    if (from === ROWS) break
    for (let row = from; row < Math.min(ROWS, from + count); row++) bars.append(barOf(row))
    columns.grow()
    for (let row = from; row < bars.length; row++) {
      expect(ring.fillTo(row)).toBeGreaterThan(row)
      for (const pair of pairs) if (!Object.is(pair.ring[row & ring.mask], pair.column[row])) expect.fail(`row ${row}`)
    }
  }
  for (const { grown, column } of pairs) expect(grown.subarray(0, ROWS)).toEqual(column)
})

test('a row that is not there yet cannot be asked for', () => {
  const ring = new RingColumns({ sma: sma(3) }, new GrowingBars(sliceBars(all, 0, 10)))
  expect(ring.fillTo(9)).toBe(10)
  expect(() => ring.fillTo(10)).toThrow('row 10 is asked for, and there are 10 bars')
})
