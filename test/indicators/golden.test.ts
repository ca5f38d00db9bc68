/**
 * Indicators against results computed in spreadsheets by DaveSkender/Stock.Indicators (Apache-2.0): 502 daily bars, every
 * row from an indicator's lookback on.
 */
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import * as ta from '../../src/indicators/index.ts'
import { withColumns } from './market.ts'
import { goldenJson, goldenText, hasGolden } from './recorded.ts'

const TOLERANCE = 1e-9

function dailyBars(): Bars {
  const rows = goldenText('indicators/default.csv').trim().split(/\r?\n/).slice(1)
  const column = (k: number) => Float64Array.from(rows, (row) => Number(row.split(',')[k]))
  return {
    series: { venue: 'binance', symbol: 'SPY', interval: '1d' },
    length: rows.length,
    priceDecimals: 2,
    openTime: Float64Array.from(rows, (_, row) => row * 86_400_000),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  }
}

/** File → our indicator, and our output → the file's field. */
const CASES: [string, Indicator, Record<string, string>, number?, string?][] = [
  ['sma', ta.sma(20), { value: 'sma' }],
  ['sma-analysis', ta.sma(20), { value: 'sma' }],
  ['ema', ta.ema(20), { value: 'ema' }],
  ['wma', ta.wma(14), { value: 'wma' }],
  ['rsi', ta.rsi(14), { value: 'rsi' }],
  ['macd', ta.macd(12, 26, 9), { macd: 'macd', signal: 'signal', histogram: 'histogram' }],
  ['bb', ta.bollinger(20, 2), { upper: 'upperBand', middle: 'sma', lower: 'lowerBand' }],
  ['bb', ta.zscore(20), { value: 'zScore' }],
  ['atr', ta.atr(14), { value: 'atr' }],
  ['tr', ta.trueRange(), { value: 'tr' }],
  ['adx', ta.adx(14), { adx: 'adx', plus: 'pdi', minus: 'mdi' }],
  ['stoch', ta.stochastic(14, 3, 3), { k: 'oscillator', d: 'signal' }],
  ['cci', ta.cci(20), { value: 'cci' }],
  ['obv', ta.obv(), { value: 'obv' }],
  ['roc', ta.roc(14), { value: 'roc' }],
  ['roc', ta.change('close', 14), { value: 'momentum' }],
  ['roc-wb', ta.roc(20), { value: 'roc' }],
  ['roc-wb', ta.ema(5, ta.roc(20)), { value: 'rocEma' }],
  ['stdev', ta.stdev(14), { value: 'stdDev' }],
  ['stdev', ta.sma(14), { value: 'mean' }],
  ['stdev', ta.zscore(14), { value: 'zScore' }],
  ['donchian', ta.donchian(20), { upper: 'upperBand', middle: 'centerline', lower: 'lowerBand' }],
  ['keltner', ta.keltner(20, 2, 10), { upper: 'upperBand', middle: 'centerline', lower: 'lowerBand' }],
  ['supertrend', ta.supertrend(10, 3), { line: 'superTrend' }],
  ['psar', ta.psar(0.02, 0.2), { sar: 'sar' }, 14, 'the file leaves out what is before the first reversal'],
  ['mfi', ta.mfi(14), { value: 'mfi' }],
  ['willr', ta.williamsR(14), { value: 'williamsR' }],
  ['ma-env', ta.sma(20), { value: 'centerline' }],
  [
    'ichimoku',
    ta.ichimoku(9, 26, 52),
    { conversion: 'tenkanSen', base: 'kijunSen', spanA: 'senkouSpanA', spanB: 'senkouSpanB' },
  ],
]

describe.skipIf(!hasGolden)('spreadsheet results (DaveSkender/Stock.Indicators)', () => {
  type Row = Readonly<Record<string, number | null>>
  const resultsOf = (file: string) => goldenJson<Row[]>(`indicators/results/${file}.standard.json`)
  const compare = (what: string, column: Float64Array, expected: (row: number) => number, from: number) => {
    for (let row = from; row < column.length; row++) {
      const [value, other] = [column[row]!, expected(row)]
      if (!(Math.abs(value - other) <= TOLERANCE * Math.max(1, Math.abs(other))))
        throw new Error(`${what} row ${row}: ${value}, the spreadsheet has ${other}`)
    }
  }

  test.each(CASES.map(([file, indicator, ...rest]) => [file, indicator.key, indicator, ...rest] as const))(
    '%s: every row of %s',
    (file, _, indicator, outputs, from = 0) => {
      const rows = resultsOf(file)
      const columns = ta.batchColumns({ it: indicator }, dailyBars()).it
      expect(rows.length).toBe(502)
      for (const [ours, theirs] of Object.entries(outputs)) {
        // NaN where the file has no number, so that a row without one cannot pass
        const expected = (row: number) => rows[row]![theirs] ?? Number.NaN
        compare(`${file}.${ours}`, columns[ours]!, expected, Math.max(from, indicator.lookback - 1))
      }
    },
  )

  test('vwap: from the first bar on, which is what a day of ours does when all bars are in it', () => {
    const bars = dailyBars()
    const oneDay = withColumns(bars, { openTime: bars.openTime.map((_, row) => row * 60_000) })
    const rows = resultsOf('vwap')
    compare('vwap', ta.batchColumns({ it: ta.dayVwap() }, oneDay).it['value']!, (row) => rows[row]!['vwap']!, 0)
    // and the rolling one, once its window holds all of them
    const rolling = ta.batchColumns({ it: ta.vwap(502) }, bars).it['value']!
    compare('rolling vwap', rolling, (row) => rows[row]!['vwap']!, 501)
  })

  test('awesome: the difference of two averages of the middle price', () => {
    const { fast, slow } = ta.batchColumns({ fast: ta.sma(5, 'hl2'), slow: ta.sma(34, 'hl2') }, dailyBars())
    const rows = resultsOf('awesome')
    const difference = fast['value']!.map((value, row) => value - slow['value']![row]!)
    compare('awesome', difference, (row) => rows[row]!['oscillator']!, 33)
  })
})
