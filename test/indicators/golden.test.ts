/**
 * Indicators against results computed in spreadsheets by DaveSkender/Stock.Indicators (Apache-2.0), 502 daily bars, and
 * against TA-Lib's C library. Both live beside the project and not in it: a plain checkout skips them with a message.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import * as ta from '../../src/indicators/index.ts'

const folder = join(import.meta.dirname, '../../../shared/datasets/golden')
const isThere = existsSync(folder)
if (!isThere) console.warn('golden vectors are not beside this checkout: indicator golden tests are skipped')

function defaultBars(): Bars {
  const lines = readFileSync(join(folder, 'indicators/default.csv'), 'utf8').trim().split(/\r?\n/).slice(1)
  const rows = lines.map((line) => line.split(','))
  const column = (k: number) => Float64Array.from(rows, (row) => Number(row[k]))
  return {
    series: { venue: 'binance', symbol: 'SPY', interval: '1d' },
    length: rows.length,
    priceDecimals: 2,
    openTime: Float64Array.from(rows, (row) => Date.parse(`${new Date(row[0]!).toISOString().slice(0, 10)}T00:00:00Z`)),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  }
}

/** file → our indicator, and our output name → the file's field; `from` skips rows whose seed differs by convention. */
const CASES: [string, Indicator, Record<string, string>, number?, string?][] = [
  ['sma', ta.sma(20), { value: 'sma' }],
  ['ema', ta.ema(20), { value: 'ema' }],
  ['wma', ta.wma(14), { value: 'wma' }],
  ['rsi', ta.rsi(14), { value: 'rsi' }],
  ['macd', ta.macd(12, 26, 9), { macd: 'macd', signal: 'signal', histogram: 'histogram' }],
  ['bb', ta.bollinger(20, 2), { upper: 'upperBand', middle: 'sma', lower: 'lowerBand' }],
  ['atr', ta.atr(14), { value: 'atr' }],
  ['tr', ta.trueRange(), { value: 'tr' }],
  ['adx', ta.adx(14), { adx: 'adx', plus: 'pdi', minus: 'mdi' }],
  ['stoch', ta.stochastic(14, 3, 3), { k: 'oscillator', d: 'signal' }],
  ['cci', ta.cci(20), { value: 'cci' }],
  ['obv', ta.obv(), { value: 'obv' }],
  ['roc', ta.roc(14), { value: 'roc' }],
  ['stdev', ta.stdev(14), { value: 'stdDev' }],
  ['stdev', ta.zscore(14), { value: 'zScore' }],
  ['donchian', ta.donchian(20), { upper: 'upperBand', middle: 'centerline', lower: 'lowerBand' }],
  ['keltner', ta.keltner(20, 2, 10), { upper: 'upperBand', middle: 'centerline', lower: 'lowerBand' }],
  ['supertrend', ta.supertrend(10, 3), { line: 'superTrend' }],
  ['psar', ta.psar(0.02, 0.2), { sar: 'sar' }, 20, 'the file leaves out everything before the first reversal'],
  ['mfi', ta.mfi(14), { value: 'mfi' }],
  ['willr', ta.williamsR(14), { value: 'williamsR' }],
  [
    'ichimoku',
    ta.ichimoku(9, 26, 52),
    { conversion: 'tenkanSen', base: 'kijunSen', spanA: 'senkouSpanA', spanB: 'senkouSpanB' },
  ],
]

describe.skipIf(!isThere)('spreadsheet results (DaveSkender/Stock.Indicators)', () => {
  test.each(CASES)('%s equals every row', (file, indicator, outputs, from = 0) => {
    const bars = defaultBars()
    const rows = JSON.parse(readFileSync(join(folder, `indicators/results/${file}.standard.json`), 'utf8')) as Record<
      string,
      number | null
    >[]
    const columns = ta.batchColumns({ it: indicator }, bars).it
    let compared = 0
    for (const [ours, theirs] of Object.entries(outputs)) {
      expect(Object.keys(rows[rows.length - 1]!), `fields of ${file}`).toContain(theirs)
      for (let row = Math.max(from, indicator.lookback - 1); row < bars.length; row++) {
        const expected = rows[row]![theirs]
        if (expected === null || expected === undefined) continue
        const value = columns[ours]![row]!
        if (!(Math.abs(value - expected) <= 1e-8 * Math.max(1, Math.abs(expected))))
          throw new Error(`${file}.${ours} row ${row}: ${value}, the spreadsheet has ${expected}`)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(300)
  })
})

/** TA-Lib name → our indicator and its outputs; `from` skips the rows on which seeds differ, as the docstrings say. */
const TALIB: [string, Indicator, Record<string, string>, number?][] = [
  ['SMA', ta.sma(20), { value: 'outReal' }],
  ['EMA', ta.ema(20), { value: 'outReal' }],
  ['WMA', ta.wma(10), { value: 'outReal' }],
  ['RSI', ta.rsi(14), { value: 'outReal' }],
  ['MACD', ta.macd(12, 26, 9), { macd: 'outMACD', signal: 'outMACDSignal', histogram: 'outMACDHist' }, 150],
  [
    'BBANDS',
    ta.bollinger(20, 2),
    { upper: 'outRealUpperBand', middle: 'outRealMiddleBand', lower: 'outRealLowerBand' },
  ],
  ['ATR', ta.atr(14), { value: 'outReal' }],
  ['TRANGE', ta.trueRange(), { value: 'outReal' }],
  ['ADX', ta.adx(14), { adx: 'outReal' }, 150],
  ['STOCH', ta.stochastic(14, 3, 3), { k: 'outSlowK', d: 'outSlowD' }],
  ['CCI', ta.cci(20), { value: 'outReal' }],
  ['WILLR', ta.williamsR(14), { value: 'outReal' }],
  ['MFI', ta.mfi(14), { value: 'outReal' }],
  ['ROC', ta.roc(10), { value: 'outReal' }],
  ['STDDEV', ta.stdev(20), { value: 'outReal' }],
]

describe.skipIf(!isThere)('TA-Lib vectors', () => {
  type Case = { name: string; begIndex: number; result: Record<string, number[]> }
  test.each(TALIB)('%s', (name, indicator, outputs, from = 0) => {
    const golden = JSON.parse(readFileSync(join(folder, 'ml/talib_indicators.json'), 'utf8')) as Record<
      string,
      number[]
    > & { cases: Case[] }
    const column = (key: string) => Float64Array.from(golden[key]!)
    const bars: Bars = {
      series: { venue: 'binance', symbol: 'X', interval: '1h' },
      length: golden['close']!.length,
      priceDecimals: 4,
      openTime: column('close').map((_, k) => k * 3_600_000),
      open: column('open'), high: column('high'), low: column('low'), close: column('close'), volume: column('volume'),
    } // biome-ignore format: columns
    const { begIndex, result } = golden.cases.find((one) => one.name === name)!
    const columns = ta.batchColumns({ it: indicator }, bars).it
    let compared = 0
    for (const [ours, theirs] of Object.entries(outputs))
      for (let row = Math.max(begIndex, from); row < bars.length; row++) {
        const expected = result[theirs]![row - begIndex]!
        const value = columns[ours]![row]!
        if (!(Math.abs(value - expected) <= 1e-7 * Math.max(1, Math.abs(expected))))
          throw new Error(`${name}.${ours} row ${row}: ${value}, TA-Lib has ${expected}`)
        compared++
      }
    expect(compared).toBeGreaterThan(40)
  })
})
