import type { Indicator } from '../../src/core/indicator.ts'
import * as ta from '../../src/indicators/index.ts'
import type { IndicatorCase } from '../contracts/test-indicator.ts'

const value = (of: (price: number) => number) => (price: number) => ({ value: of(price) })
const itself = value((price) => price)
const zero = value(() => 0)
const band = (price: number) => ({ upper: price, middle: price, lower: price })

/** A period that is none, in every way in which one can be none. */
const badPeriods = (name: string, make: (period: number) => Indicator, least = 1) =>
  [least - 1, -5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 1e12].map(
    (period) => [() => make(period), `${name} period ${period}`] as const,
  )
/** A number above 0 that is none. */
const badNumbers = (what: string, make: (x: number) => Indicator) =>
  [0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((x) => [() => make(x), `${what} ${x}`] as const)

const AVERAGES: readonly IndicatorCase[] = [
  {
    name: 'sma',
    variants: [ta.sma(20), ta.sma(1), ta.sma(3, 'open'), ta.sma(1030), ta.sma(7, 'hl2'), ta.sma(7, 'hlc3')],
    refused: badPeriods('sma', (p) => ta.sma(p)),
    still: itself,
    memory: 'window',
    withPeriod: (p) => ta.sma(p),
  },
  {
    name: 'ema',
    variants: [ta.ema(20), ta.ema(1), ta.ema(300), ta.ema(9, 'ohlc4'), ta.ema(20, 'low')],
    refused: badPeriods('ema', (p) => ta.ema(p)),
    still: itself,
    memory: 'fading',
    withPeriod: (p) => ta.ema(p),
  },
  {
    name: 'wma',
    variants: [ta.wma(14), ta.wma(1), ta.wma(1030), ta.wma(10, 'hlc3'), ta.wma(14, 'high')],
    refused: badPeriods('wma', (p) => ta.wma(p)),
    still: itself,
    memory: 'window',
    withPeriod: (p) => ta.wma(p),
  },
  {
    name: 'vwap',
    variants: [ta.vwap(20), ta.vwap(1), ta.vwap(1030)],
    refused: badPeriods('vwap', (p) => ta.vwap(p)),
    still: itself,
    memory: 'window',
    withPeriod: (p) => ta.vwap(p),
  },
  { name: 'dayVwap', variants: [ta.dayVwap()], refused: [], still: itself, memory: 'path', readsTime: true },
]

const OSCILLATORS: readonly IndicatorCase[] = [
  {
    name: 'rsi',
    variants: [ta.rsi(14), ta.rsi(1), ta.rsi(2), ta.rsi(14, 'hlc3'), ta.rsi(100, 'high')],
    refused: badPeriods('rsi', (p) => ta.rsi(p)),
    still: value(() => 50),
    memory: 'fading',
    range: [0, 100],
    withPeriod: (p) => ta.rsi(p),
  },
  {
    name: 'macd',
    variants: [ta.macd(), ta.macd(1, 2, 1), ta.macd(12, 26, 5), ta.macd(12, 27, 9), ta.macd(12, 26, 9, 'hl2')],
    refused: [
      ...badPeriods('macd fast', (p) => ta.macd(p, 26, 9)),
      ...badPeriods('macd slow', (p) => ta.macd(12, p, 9), 13),
      ...badPeriods('macd signal', (p) => ta.macd(12, 26, p)),
    ],
    still: () => ({ macd: 0, signal: 0, histogram: 0 }),
    memory: 'fading',
    withPeriod: (p) => ta.macd(p, 2 * p, p),
  },
  {
    name: 'stochastic',
    variants: [ta.stochastic(), ta.stochastic(14, 1, 3), ta.stochastic(5, 3, 2), ta.stochastic(1, 1, 1)],
    refused: [
      ...badPeriods('stochastic', (p) => ta.stochastic(p)),
      ...badPeriods('stochastic smooth', (p) => ta.stochastic(14, p, 3)),
      ...badPeriods('stochastic signal', (p) => ta.stochastic(14, 3, p)),
    ],
    still: () => ({ k: 50, d: 50 }),
    memory: 'window',
    range: [0, 100],
    withPeriod: (p) => ta.stochastic(p, p, p),
  },
  {
    name: 'williamsR',
    variants: [ta.williamsR(14), ta.williamsR(1), ta.williamsR(1030)],
    refused: badPeriods('williamsR', (p) => ta.williamsR(p)),
    still: value(() => -50),
    memory: 'window',
    range: [-100, 0],
    withPeriod: (p) => ta.williamsR(p),
  },
  {
    name: 'cci',
    variants: [ta.cci(20), ta.cci(2), ta.cci(300)],
    refused: badPeriods('cci', (p) => ta.cci(p), 2),
    still: zero,
    memory: 'window',
    withPeriod: (p) => ta.cci(p),
  },
  {
    name: 'mfi',
    variants: [ta.mfi(14), ta.mfi(1), ta.mfi(1030)],
    refused: badPeriods('mfi', (p) => ta.mfi(p)),
    still: value(() => 50),
    memory: 'window',
    range: [0, 100],
    withPeriod: (p) => ta.mfi(p),
  },
  {
    name: 'roc',
    variants: [ta.roc(10), ta.roc(1), ta.roc(10, 'hl2'), ta.roc(1030)],
    refused: badPeriods('roc', (p) => ta.roc(p)),
    still: zero,
    memory: 'window',
    withPeriod: (p) => ta.roc(p),
  },
  {
    name: 'logReturn',
    variants: [
      ta.logReturn(),
      ta.logReturn(24),
      ta.logReturn(10, 'hl2'),
      ta.logReturn(1030),
      ta.logReturn(3, 'volume'),
    ],
    refused: badPeriods('logReturn', (p) => ta.logReturn(p)),
    still: zero,
    memory: 'window',
    withPeriod: (p) => ta.logReturn(p),
  },
  {
    name: 'zscore',
    variants: [ta.zscore(14), ta.zscore(2), ta.zscore(1030), ta.zscore(14, 'hl2')],
    refused: badPeriods('zscore', (p) => ta.zscore(p), 2),
    still: zero,
    memory: 'window',
    withPeriod: (p) => ta.zscore(p),
  },
]

const RANGES: readonly IndicatorCase[] = [
  { name: 'trueRange', variants: [ta.trueRange()], refused: [], still: zero, memory: 'window' },
  {
    name: 'atr',
    variants: [ta.atr(14), ta.atr(1), ta.atr(200)],
    refused: badPeriods('atr', (p) => ta.atr(p)),
    still: zero,
    memory: 'fading',
    withPeriod: (p) => ta.atr(p),
  },
  {
    name: 'adx',
    variants: [ta.adx(14), ta.adx(1), ta.adx(50)],
    refused: badPeriods('adx', (p) => ta.adx(p)),
    still: () => ({ adx: 0, plus: 0, minus: 0 }),
    memory: 'fading',
    range: [0, 100],
    withPeriod: (p) => ta.adx(p),
  },
  {
    name: 'stdev',
    variants: [ta.stdev(20), ta.stdev(1), ta.stdev(1030), ta.stdev(20, 'hlc3')],
    refused: badPeriods('stdev', (p) => ta.stdev(p)),
    still: zero,
    memory: 'window',
    withPeriod: (p) => ta.stdev(p),
  },
  {
    name: 'rollingMin',
    variants: [ta.rollingMin(20), ta.rollingMin(1), ta.rollingMin(1030), ta.rollingMin(20, 'close')],
    refused: badPeriods('rollingMin', (p) => ta.rollingMin(p)),
    still: itself,
    memory: 'window',
    withPeriod: (p) => ta.rollingMin(p),
  },
  {
    name: 'rollingMax',
    variants: [ta.rollingMax(20), ta.rollingMax(1), ta.rollingMax(1030), ta.rollingMax(20, 'close')],
    refused: badPeriods('rollingMax', (p) => ta.rollingMax(p)),
    still: itself,
    memory: 'window',
    withPeriod: (p) => ta.rollingMax(p),
  },
  {
    name: 'rollingMedian',
    variants: [ta.rollingMedian(20), ta.rollingMedian(1), ta.rollingMedian(333), ta.rollingMedian(20, 'hl2')],
    refused: badPeriods('rollingMedian', (p) => ta.rollingMedian(p)),
    still: itself,
    memory: 'window',
    withPeriod: (p) => ta.rollingMedian(p),
  },
  {
    name: 'rollingQuantile',
    variants: [0, 0.1, 0.5, 0.95, 1].map((q) => ta.rollingQuantile(20, q)),
    refused: [
      ...badPeriods('rollingQuantile', (p) => ta.rollingQuantile(p, 0.5)),
      ...[-0.1, 1.1, Number.NaN].map((q) => [() => ta.rollingQuantile(20, q), `rollingQuantile q ${q}`] as const),
    ],
    still: itself,
    memory: 'window',
    withPeriod: (p) => ta.rollingQuantile(p, 0.9),
  },
]

const CHANNELS: readonly IndicatorCase[] = [
  {
    name: 'bollinger',
    variants: [ta.bollinger(), ta.bollinger(2, 2), ta.bollinger(20, 2.5), ta.bollinger(20, 2, 'hl2')],
    refused: [
      ...badPeriods('bollinger', (p) => ta.bollinger(p), 2),
      ...badNumbers('bollinger width', (x) => ta.bollinger(20, x)),
    ],
    still: band,
    memory: 'window',
    withPeriod: (p) => ta.bollinger(p),
  },
  {
    name: 'donchian',
    variants: [ta.donchian(), ta.donchian(1), ta.donchian(1030)],
    refused: badPeriods('donchian', (p) => ta.donchian(p)),
    still: band,
    memory: 'window',
    withPeriod: (p) => ta.donchian(p),
  },
  {
    name: 'keltner',
    variants: [
      ta.keltner(),
      ta.keltner(1, 2, 10),
      ta.keltner(20, 1.5, 10),
      ta.keltner(20, 2, 40),
      ta.keltner(20, 2, 1),
    ],
    refused: [
      ...badPeriods('keltner', (p) => ta.keltner(p)),
      ...badPeriods('keltner atr', (p) => ta.keltner(20, 2, p)),
      ...badNumbers('keltner width', (x) => ta.keltner(20, x)),
    ],
    still: band,
    memory: 'fading',
    withPeriod: (p) => ta.keltner(p, 2, p),
  },
  {
    name: 'supertrend',
    variants: [ta.supertrend(), ta.supertrend(1, 3), ta.supertrend(10, 2), ta.supertrend(30, 3)],
    refused: [
      ...badPeriods('supertrend', (p) => ta.supertrend(p)),
      ...badNumbers('supertrend width', (x) => ta.supertrend(10, x)),
    ],
    still: (price) => ({ line: price, direction: 1 }),
    memory: 'path',
    withPeriod: (p) => ta.supertrend(p),
  },
  {
    name: 'psar',
    variants: [ta.psar(), ta.psar(0.01, 0.2), ta.psar(0.02, 0.1), ta.psar(0.2, 0.2)],
    refused: [
      ...badNumbers('psar step', (x) => ta.psar(x)),
      ...badNumbers('psar max', (x) => ta.psar(0.02, x)),
      [() => ta.psar(0.3, 0.2), 'psar max 0.2'],
    ],
    still: (price) => ({ sar: price, direction: 1 }),
    memory: 'path',
  },
  {
    name: 'ichimoku',
    variants: [ta.ichimoku(), ta.ichimoku(1, 1, 1), ta.ichimoku(9, 26, 20), ta.ichimoku(30, 26, 52)],
    refused: [
      ...badPeriods('ichimoku conversion', (p) => ta.ichimoku(p)),
      ...badPeriods('ichimoku base', (p) => ta.ichimoku(9, p)),
      ...badPeriods('ichimoku span', (p) => ta.ichimoku(9, 26, p)),
    ],
    still: (price) => ({ conversion: price, base: price, spanA: price, spanB: price }),
    memory: 'window',
    withPeriod: (p) => ta.ichimoku(p, 2 * p, 3 * p),
  },
]

const CLOCKS: readonly IndicatorCase[] = [
  {
    name: 'hourOfDay',
    variants: [ta.hourOfDay()],
    refused: [],
    still: null,
    memory: 'window',
    range: [0, 23],
    readsTime: true,
  },
  {
    name: 'dayOfWeek',
    variants: [ta.dayOfWeek()],
    refused: [],
    still: null,
    memory: 'window',
    range: [0, 6],
    readsTime: true,
  },
]

const COMBINATORS: readonly IndicatorCase[] = [
  { name: 'obv', variants: [ta.obv()], refused: [], still: zero, memory: 'path' },
  {
    name: 'lag',
    variants: [ta.lag('close'), ta.lag('close', 5), ta.lag(ta.sma(7), 3)],
    refused: badPeriods('lag', (p) => ta.lag('close', p)),
    still: itself,
    memory: 'window',
    withPeriod: (p) => ta.lag('close', p),
  },
  {
    name: 'change',
    variants: [ta.change('close'), ta.change('close', 5), ta.change(ta.sma(7), 3), ta.change(ta.bollinger(5).upper)],
    refused: badPeriods('change', (p) => ta.change('close', p)),
    still: zero,
    memory: 'window',
    withPeriod: (p) => ta.change('close', p),
  },
  {
    name: 'crossUp',
    variants: [ta.crossUp('close', ta.sma(20)), ta.crossUp(ta.sma(5), ta.sma(20)), ta.crossUp('close', ta.lag('high'))],
    refused: [],
    still: zero,
    memory: 'window',
    range: [0, 1],
  },
  {
    name: 'crossDown',
    variants: [
      ta.crossDown('close', ta.sma(20)),
      ta.crossDown(ta.sma(5), ta.sma(20)),
      ta.crossDown('close', ta.lag('low')),
    ],
    refused: [],
    still: zero,
    memory: 'window',
    range: [0, 1],
  },
]

/** Not functions of their own, but ways to combine them: one output of several, a ratio, indicators of indicators. */
export const WAYS: readonly IndicatorCase[] = [
  {
    name: 'an output of several',
    variants: [ta.macd().histogram, ta.adx(5).plus],
    refused: [],
    still: zero,
    memory: 'fading',
  },
  {
    name: 'over a field of the bar or another indicator',
    variants: [
      ta.sma(20).over('close'),
      ta.ema(5).over('open'),
      ta.bollinger(20).middle.over('high'),
      ta.sma(5).over(ta.sma(20)),
      ta.ema(5).over('hlc3'),
    ],
    refused: [],
    still: value(() => 1),
    memory: 'fading',
  },
  {
    name: 'an indicator of an indicator',
    variants: [
      ta.sma(5, ta.rsi(14)),
      ta.wma(5, ta.rsi(14)),
      ta.ema(5, ta.stochastic(14).d),
      ta.rollingMedian(5, ta.rsi(3)),
    ],
    refused: [],
    still: value(() => 50),
    memory: 'fading',
    range: [0, 100],
  },
]

/** Every exported indicator and combinator, once. */
export const CASES: readonly IndicatorCase[] = [
  ...AVERAGES,
  ...OSCILLATORS,
  ...RANGES,
  ...CHANNELS,
  ...CLOCKS,
  ...COMBINATORS,
]
