import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import * as ta from '../../src/indicators/index.ts'
import { CASES } from './cases.ts'
import { market } from './market.ts'
import * as naive from './naive.ts'
import * as stops from './naive-stops.ts'

/** Ours, the naive one, and whether its values are prices, which tells what "near zero" is. */
const PAIRS: readonly (readonly [Indicator, naive.Naive, 'price' | 'number'])[] = [
  ...[1, 2, 20, 50].map((p) => [ta.sma(p), naive.sma(p), 'price'] as const),
  [ta.sma(9, 'hl2'), naive.sma(9, (bars) => naive.meanPrice(bars, ['high', 'low'])), 'price'],
  [ta.sma(9, 'hlc3'), naive.sma(9, (bars) => naive.meanPrice(bars, ['high', 'low', 'close'])), 'price'],
  [ta.sma(9, 'ohlc4'), naive.sma(9, (bars) => naive.meanPrice(bars, ['open', 'high', 'low', 'close'])), 'price'],
  [ta.sma(9, 'volume'), naive.sma(9, (bars) => [...bars.volume]), 'price'],
  ...[1, 3, 20].map((p) => [ta.ema(p), naive.ema(p), 'price'] as const),
  ...[1, 2, 14].map((p) => [ta.wma(p), naive.wma(p), 'price'] as const),
  ...[1, 2, 14].map((p) => [ta.rsi(p), naive.rsi(p), 'number'] as const),
  [ta.macd(12, 26, 9), naive.macd(12, 26, 9), 'price'],
  [ta.macd(2, 5, 3), naive.macd(2, 5, 3), 'price'],
  [ta.bollinger(20, 2), naive.bollinger(20, 2), 'price'],
  [ta.bollinger(2, 1), naive.bollinger(2, 1), 'price'],
  ...[2, 5, 30].map((p) => [ta.stdev(p), naive.stdev(p), 'price'] as const),
  ...[5, 30].map((p) => [ta.zscore(p), naive.zscore(p), 'number'] as const),
  [ta.trueRange(), naive.trueRange(), 'price'],
  ...[1, 14].map((p) => [ta.atr(p), naive.atr(p), 'price'] as const),
  ...[3, 14].map((p) => [ta.adx(p), naive.adx(p), 'number'] as const),
  [ta.stochastic(14, 3, 3), naive.stochastic(14, 3, 3), 'number'],
  [ta.stochastic(5, 1, 2), naive.stochastic(5, 1, 2), 'number'],
  ...[5, 14].map((p) => [ta.williamsR(p), naive.williamsR(p), 'number'] as const),
  // beyond 32 ordered windows are trees
  ...[5, 20, 80].map((p) => [ta.cci(p), naive.cci(p), 'number'] as const),
  [ta.obv(), naive.obv(), 'number'],
  ...[1, 5, 20].map((p) => [ta.vwap(p), naive.vwap(p), 'price'] as const),
  [ta.dayVwap(), naive.dayVwap(), 'price'],
  ...[2, 14].map((p) => [ta.mfi(p), naive.mfi(p), 'number'] as const),
  ...[1, 10].map((p) => [ta.roc(p), naive.roc(p), 'number'] as const),
  ...[1, 24].map((p) => [ta.logReturn(p), naive.logReturn(p), 'number'] as const),
  [ta.hourOfDay(), naive.hourOfDay(), 'number'],
  [ta.dayOfWeek(), naive.dayOfWeek(), 'number'],
  ...[1, 6].map((p) => [ta.lag('close', p), naive.lag(p), 'price'] as const),
  ...[1, 6].map((p) => [ta.change('close', p), naive.change(p), 'price'] as const),
  ...[1, 7, 20].map((p) => [ta.rollingMin(p), naive.rollingMin(p), 'price'] as const),
  ...[1, 7, 20].map((p) => [ta.rollingMax(p), naive.rollingMax(p), 'price'] as const),
  ...[1, 6, 21, 100].map((p) => [ta.rollingMedian(p), naive.rollingQuantile(p, 0.5), 'price'] as const),
  ...[0, 0.05, 0.6, 1].map((q) => [ta.rollingQuantile(13, q), naive.rollingQuantile(13, q), 'price'] as const),
  [ta.rollingQuantile(90, 0.3), naive.rollingQuantile(90, 0.3), 'price'],
  ...[1, 20].map((p) => [ta.donchian(p), naive.donchian(p), 'price'] as const),
  [ta.keltner(20, 2, 10), naive.keltner(20, 2, 10), 'price'],
  [ta.keltner(5, 1.5, 12), naive.keltner(5, 1.5, 12), 'price'],
  [ta.ichimoku(9, 26, 52), naive.ichimoku(9, 26, 52), 'price'],
  [ta.ichimoku(7, 3, 4), naive.ichimoku(7, 3, 4), 'price'],
  [ta.supertrend(10, 3), stops.supertrend(10, 3), 'price'],
  [ta.supertrend(3, 1), stops.supertrend(3, 1), 'price'],
  [ta.psar(0.02, 0.2), stops.psar(0.02, 0.2), 'price'],
  [ta.psar(0.1, 0.3), stops.psar(0.1, 0.3), 'price'],
  [ta.crossUp(ta.sma(3), ta.sma(8)), naive.crossUp(3, 8), 'number'],
  [ta.crossDown(ta.sma(3), ta.sma(8)), naive.crossDown(3, 8), 'number'],
]

const MARKETS: readonly (readonly [string, Bars, number])[] = [
  ['prices about 100 with two decimals', market(101, 420), 100],
  ['prices about 60,000 with two decimals that hardly move', market(102, 420, { price: 60_000, swing: 0.001 }), 60_000],
  ['prices about 0.00002 with eight decimals', market(103, 420, { price: 0.00002, decimals: 8, swing: 0.05 }), 0.00002],
]

test('every exported indicator has a naive one beside it', () => {
  const names = new Set(PAIRS.map(([indicator]) => indicator.name))
  expect([...names].sort()).toEqual(CASES.map(({ name }) => name).sort())
})

describe.each(MARKETS)('%s', (_, bars, level) => {
  test.each(PAIRS.map(([indicator, formula, what]) => [indicator.key, indicator, formula, what] as const))(
    '%s is what its formula says',
    (_, indicator, formula, what) => {
      const ours = ta.batchColumns({ it: indicator }, bars).it
      const theirs = formula(bars)
      expect(Object.keys(theirs).sort()).toEqual([...indicator.outputs].sort())
      for (const output of indicator.outputs) {
        const [column, expected] = [ours[output]!, theirs[output]!]
        for (let row = 0; row < bars.length; row++) {
          const [value, wanted] = [column[row]!, expected[row] ?? Number.NaN]
          const near = 1e-9 * Math.max(Math.abs(wanted), what === 'price' ? 1e-3 * level : 1)
          if (!(Math.abs(value - wanted) <= near || (Number.isNaN(value) && Number.isNaN(wanted))))
            throw new Error(`${output} row ${row}: ${value}, its formula says ${wanted}`)
        }
      }
    },
  )
})
