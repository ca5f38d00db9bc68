/**
 * Indicators against technicalindicators 3.1.0, another library in JavaScript, on random bars. Where the two differ it is by
 * a defect or a convention of theirs; each is listed with a test that shows it, so that the list cannot go stale:
 *
 * - RSI and MFI are rounded to two decimals.
 * - SMA is a running sum of doubles, which drifts (Bollinger and CCI are built on it).
 * - MFI counts an unchanged typical price as money flowing out, and begins one bar late.
 * - On a market that stands still RSI is 100, the fast stochastic 0, Williams %R, CCI and ADX are NaN.
 * - VWAP has no window and no day: it runs from the first bar on, and is NaN without volume.
 * - Ichimoku's spans are not moved by the displacement it is given.
 * - Parabolic SAR, when it turns, starts from the extreme of that bar too (so does TA-Lib; Stock.Indicators and ours do not).
 * - OBV leaves out the first bar; stochastic has no smoothing of %K.
 */
import * as theirs from 'technicalindicators'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import { parseSeries } from '../../src/core/series.ts'
import { openStore } from '../../src/data/index.ts'
import * as ta from '../../src/indicators/index.ts'
import { EMBEDDED } from '../../src/runs/package-info.ts'
import { market, stillMarket, withColumns } from './market.ts'

const lists = (bars: Bars) => ({
  open: [...bars.open],
  high: [...bars.high],
  low: [...bars.low],
  close: [...bars.close],
  volume: [...bars.volume],
  values: [...bars.close],
})
type Input = ReturnType<typeof lists>

interface Alike {
  readonly indicator: Indicator
  readonly calculate: (input: Input) => readonly unknown[]
  /** Our output → their field; none where they return plain numbers. */
  readonly fields?: Readonly<Record<string, string>>
  /** Absolute difference allowed: half of the last digit where they round, else 1e-9 of the value. */
  readonly rounded?: number
  /** Rows later that their value is, where ours is moved. */
  readonly moved?: number
}

const band = { upper: 'upper', middle: 'middle', lower: 'lower' }
const ALIKE: Readonly<Record<string, Alike>> = {
  SMA: { indicator: ta.sma(20), calculate: (x) => theirs.SMA.calculate({ ...x, period: 20 }) },
  EMA: { indicator: ta.ema(20), calculate: (x) => theirs.EMA.calculate({ ...x, period: 20 }) },
  WMA: { indicator: ta.wma(20), calculate: (x) => theirs.WMA.calculate({ ...x, period: 20 }) },
  RSI: { indicator: ta.rsi(14), calculate: (x) => theirs.RSI.calculate({ ...x, period: 14 }), rounded: 0.005 },
  MACD: {
    indicator: ta.macd(12, 26, 9),
    calculate: (x) =>
      theirs.MACD.calculate({ ...x, fastPeriod: 12, slowPeriod: 26, signalPeriod: 9, SimpleMAOscillator: false, SimpleMASignal: false }), // biome-ignore format: one call
    fields: { macd: 'MACD', signal: 'signal', histogram: 'histogram' },
  },
  BollingerBands: {
    indicator: ta.bollinger(20, 2),
    calculate: (x) => theirs.BollingerBands.calculate({ ...x, period: 20, stdDev: 2 }),
    fields: band,
  },
  SD: { indicator: ta.stdev(20), calculate: (x) => theirs.SD.calculate({ ...x, period: 20 }) },
  TrueRange: { indicator: ta.trueRange(), calculate: (x) => theirs.TrueRange.calculate(x) },
  ATR: { indicator: ta.atr(14), calculate: (x) => theirs.ATR.calculate({ ...x, period: 14 }) },
  ADX: {
    indicator: ta.adx(14),
    calculate: (x) => theirs.ADX.calculate({ ...x, period: 14 }),
    fields: { adx: 'adx', plus: 'pdi', minus: 'mdi' },
  },
  Stochastic: {
    indicator: ta.stochastic(14, 1, 3),
    calculate: (x) => theirs.Stochastic.calculate({ ...x, period: 14, signalPeriod: 3 }),
    fields: { k: 'k', d: 'd' },
  },
  WilliamsR: { indicator: ta.williamsR(14), calculate: (x) => theirs.WilliamsR.calculate({ ...x, period: 14 }) },
  CCI: { indicator: ta.cci(20), calculate: (x) => theirs.CCI.calculate({ ...x, period: 20 }) },
  OBV: { indicator: ta.obv(), calculate: (x) => theirs.OBV.calculate(x) },
  ROC: { indicator: ta.roc(10), calculate: (x) => theirs.ROC.calculate({ ...x, period: 10 }) },
  KeltnerChannels: {
    indicator: ta.keltner(20, 2, 10),
    calculate: (x) => theirs.keltnerchannels({ ...x, maPeriod: 20, atrPeriod: 10, multiplier: 2, useSMA: false }),
    fields: band,
  },
  'IchimokuCloud, lines': {
    indicator: ta.ichimoku(9, 26, 52),
    calculate: (x) => theirs.IchimokuCloud.calculate({ ...x, ...ICHIMOKU }),
    fields: { conversion: 'conversion', base: 'base' },
  },
  'IchimokuCloud, spans': {
    indicator: ta.ichimoku(9, 26, 52),
    calculate: (x) => theirs.IchimokuCloud.calculate({ ...x, ...ICHIMOKU }),
    fields: { spanA: 'spanA', spanB: 'spanB' },
    moved: 26,
  },
  Highest: { indicator: ta.rollingMax(14), calculate: (x) => theirs.Highest.calculate({ ...x, values: x.high, period: 14 }) }, // biome-ignore format: one call
  Lowest: { indicator: ta.rollingMin(14), calculate: (x) => theirs.Lowest.calculate({ ...x, values: x.low, period: 14 }) }, // biome-ignore format: one call
}
const ICHIMOKU = { conversionPeriod: 9, basePeriod: 26, spanPeriod: 52, displacement: 26 }

const columnsOf = (indicator: Indicator, bars: Bars) => ta.batchColumns({ it: indicator }, bars).it
const fieldOf = (row: unknown, field: string) =>
  (typeof row === 'object' && row !== null ? (row as Record<string, unknown>)[field] : row) as number | undefined

describe.each([
  ['prices about 100', market(21, 600)],
  ['prices about 25,000', market(22, 600, { price: 25_000, swing: 0.004 })],
])('%s: the same as technicalindicators', (_, bars) => {
  test.each(Object.entries(ALIKE))('%s', (_, { indicator, calculate, fields = { value: '' }, rounded, moved = 0 }) => {
    const rows = calculate(lists(bars))
    const ours = columnsOf(indicator, bars)
    let compared = 0
    for (const [output, field] of Object.entries(fields))
      for (let row = indicator.lookback - 1; row < bars.length; row++) {
        // theirs has no rows before its first value
        const other = fieldOf(rows[row - moved - (bars.length - rows.length)], field)
        if (other === undefined) continue
        const allowed = rounded ?? 1e-9 * Math.max(1, Math.abs(other))
        expect(Math.abs(ours[output]![row]! - other), `${output} row ${row}, ${other}`).toBeLessThanOrEqual(
          allowed + 1e-12,
        )
        compared++
      }
    // one or two rows at the beginning may be theirs to leave out, no more
    expect(compared).toBeGreaterThanOrEqual(Object.keys(fields).length * (bars.length - indicator.lookback - 1))
  })

  test('PSAR, where no bar makes a new extreme and turns at once', () => {
    const thin = withColumns(bars, { high: bars.close, low: bars.close })
    const other = theirs.PSAR.calculate({ ...lists(thin), step: 0.02, max: 0.2 })
    const ours = columnsOf(ta.psar(0.02, 0.2), thin)['sar']!
    for (let row = 1; row < bars.length; row++) expect(ours[row]! / other[row]!).toBeCloseTo(1, 12)
  })

  test('VWAP, from the first bar on', () => {
    const other = theirs.VWAP.calculate(lists(bars)).at(-1)!
    expect(columnsOf(ta.vwap(bars.length), bars)['value']!.at(-1)! / other).toBeCloseTo(1, 12)
  })

  test('MFI, where no typical price is that of the bar before', () => {
    // an odd number of ticks up or down on every bar, and none of their sums zero
    const alternating = (column: Float64Array) => column.map((price, row) => price + (row % 2) * 7.01)
    const moving = withColumns(bars, {
      high: alternating(bars.high),
      low: alternating(bars.low),
      close: alternating(bars.close),
    })
    const rows = theirs.MFI.calculate({ ...lists(moving), period: 14 })
    const ours = columnsOf(ta.mfi(14), moving)['value']!
    // their first value is ours of one bar later
    expect(rows.length).toBe(bars.length - 15)
    for (const [k, other] of rows.entries()) expect(Math.abs(ours[k + 15]! - other)).toBeLessThanOrEqual(0.005 + 1e-12)
  })
})

describe('what is known to be wrong with technicalindicators', () => {
  test('RSI and MFI have two decimals', () => {
    const input = { ...lists(market(23, 300)), period: 14 }
    for (const value of [...theirs.RSI.calculate(input), ...theirs.MFI.calculate(input)])
      expect(value).toBe(Number(value.toFixed(2)))
  })

  test('SMA drifts: after 44,000 real minutes it is off the quotient of ticks, which ours is not', async () => {
    const bars = await (await openStore(EMBEDDED)).load(parseSeries('binance:BTCUSDT:1m'))
    const ticks = bars.close.map((price) => Math.round(price * 100))
    const ours = columnsOf(ta.sma(20), bars)['value']!
    const other = theirs.SMA.calculate({ ...lists(bars), period: 20 })
    const wrong = { ours: 0, theirs: 0 }
    for (let row = 19; row < bars.length; row++) {
      const exact = ticks.subarray(row - 19, row + 1).reduce((sum, x) => sum + x, 0) / 2_000
      if (ours[row] !== exact) wrong.ours++
      if (other[row - 19] !== exact) wrong.theirs++
    }
    expect(wrong.ours).toBe(0)
    expect(wrong.theirs).toBeGreaterThan(40_000)
  })

  test('MFI takes an unchanged typical price for an outflow', () => {
    // rises all the way but for one bar that repeats the one before
    const prices = Array.from({ length: 20 }, (_, row) => 100 + (row < 12 ? row : row - 1))
    const column = Float64Array.from(prices)
    const bars = withColumns(market(1, 20), { open: column, high: column, low: column, close: column, volume: column })
    expect(columnsOf(ta.mfi(14), bars)['value']!.at(-1)).toBe(100)
    expect(theirs.MFI.calculate({ ...lists(bars), period: 14 }).at(-1)).toBeLessThan(95)
  })

  test('a market that stands still is overbought, oversold or not a number', () => {
    const input = { ...lists(stillMarket(5, 60, 2)), period: 14 }
    expect(theirs.RSI.calculate(input).at(-1)).toBe(100)
    expect(theirs.Stochastic.calculate({ ...input, signalPeriod: 3 }).at(-1)!.k).toBe(0)
    expect(theirs.WilliamsR.calculate(input).at(-1)).toBeNaN()
    expect(theirs.CCI.calculate(input).at(-1)).toBeNaN()
    expect(theirs.ADX.calculate(input).at(-1)!.adx).toBeNaN()
    expect(theirs.VWAP.calculate({ ...input, volume: input.volume.map(() => 0) }).at(-1)).toBeNaN()
  })

  test("Ichimoku's displacement moves nothing", () => {
    const input = lists(market(24, 200))
    const [one, other] = [26, 1].map((displacement) =>
      theirs.IchimokuCloud.calculate({ ...input, ...ICHIMOKU, displacement }),
    )
    expect(one).toEqual(other)
  })

  test('Parabolic SAR takes in the extreme of the very bar that turns it, of which nobody knows what came first', () => {
    // rises to 109, then one bar reaches 111 and falls through the stop: the rise had come to 109 before it
    const rise = Array.from({ length: 10 }, (_, row) => 100 + row)
    const [high, low] = [
      [...rise, 111],
      [...rise, 90],
    ].map((column) => Float64Array.from(column))
    const bars = withColumns(market(1, 11), { high: high!, low: low! })
    expect(columnsOf(ta.psar(0.02, 0.2), bars)['sar']![10]).toBe(109)
    expect(theirs.PSAR.calculate({ ...lists(bars), step: 0.02, max: 0.2 })[10]).toBe(111)
  })
})
