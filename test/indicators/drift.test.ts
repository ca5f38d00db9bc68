/**
 * Two million bars, then the last window computed anew: nothing may have gathered on the way. Prices and volumes are a
 * million times larger in the middle, so that whatever is added and taken away again would leave its rounding behind.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { type Bars, sliceBars } from '../../src/core/bar.ts'
import type { Indicator, Kernel } from '../../src/core/indicator.ts'
import * as ta from '../../src/indicators/index.ts'
import { STRETCH, Stretch } from '../../src/indicators/stretch.ts'
import { barsFrom, randomFrom } from './market.ts'
import * as naive from './naive.ts'

const BARS = 2_000_000
/** Kept for the fresh computation: more than any lookback here. */
const LAST = 3_000
const DECIMALS = 2

/** Ours, and the same on the last bars alone; `exact` to the bit, else relative to the value. */
const CHECKED: readonly (readonly [Indicator, naive.Naive, 'exact' | number])[] = [
  [ta.sma(20), naive.sma(20), 'exact'],
  [ta.sma(2_000), naive.sma(2_000), 'exact'],
  [ta.sma(20, 'volume'), naive.sma(20, (bars) => [...bars.volume]), 1e-13],
  [ta.wma(30), naive.wma(30), 'exact'],
  [ta.stdev(20), naive.stdev(20), 1e-10],
  [ta.stdev(500), naive.stdev(500), 1e-10],
  [ta.bollinger(20, 2), naive.bollinger(20, 2), 1e-12],
  [ta.zscore(50), naive.zscore(50), 1e-9],
  [ta.vwap(60), naive.vwap(60), 1e-13],
  [ta.mfi(14), naive.mfi(14), 1e-12],
  [ta.stochastic(14, 3, 3), naive.stochastic(14, 3, 3), 1e-12],
  [ta.williamsR(14), naive.williamsR(14), 1e-12],
  [ta.donchian(55), naive.donchian(55), 'exact'],
  [ta.rollingMin(200), naive.rollingMin(200), 'exact'],
  [ta.rollingMax(200), naive.rollingMax(200), 'exact'],
  [ta.ema(20), naive.ema(20), 1e-13],
  [ta.rsi(14), naive.rsi(14), 1e-11],
  [ta.atr(14), naive.atr(14), 1e-12],
  [ta.macd(12, 26, 9), naive.macd(12, 26, 9), 1e-9],
]
/** Ordered windows keep no sums from bar to bar; a tenth of the bars shows that nothing is lost in the tree. */
const ORDERED: readonly (readonly [Indicator, naive.Naive, 'exact' | number])[] = [
  [ta.cci(20), naive.cci(20), 1e-10],
  [ta.rollingMedian(100), naive.rollingQuantile(100, 0.5), 1e-14],
  [ta.rollingQuantile(30, 0.9), naive.rollingQuantile(30, 0.9), 1e-14],
]

const FADING = ['ema', 'rsi', 'atr', 'macd']

type Columns = Record<'open' | 'high' | 'low' | 'close' | 'volume', Float64Array>

/** Fills a stretch of bars from row `at` of all on; the random numbers come in order. */
function fill(columns: Columns, random: () => number, at: number, bars: number, state: { ticks: number }): void {
  for (let k = 0; k < STRETCH; k++) {
    const isWild = at + k > bars * 0.4 && at + k < bars * 0.6
    const scale = isWild ? 1e6 : 1
    const step = Math.floor(random() * 201) - 100
    state.ticks += state.ticks < 300_000 ? Math.abs(step) : state.ticks > 3_000_000 ? -Math.abs(step) : step
    const open = state.ticks
    const close = open + Math.floor(random() * 101) - 50
    columns.open[k] = (scale * open) / 100
    columns.close[k] = (scale * close) / 100
    columns.high[k] = (scale * (Math.max(open, close) + Math.floor(random() * 60))) / 100
    columns.low[k] = (scale * (Math.min(open, close) - Math.floor(random() * 60))) / 100
    columns.volume[k] = (scale * Math.floor(random() * 1e7)) / 1e5
  }
}

interface Passed {
  /** Last value of every output, by the indicator's key. */
  readonly values: ReadonlyMap<string, Readonly<Record<string, number>>>
  /** The last bars, for the fresh computation. */
  readonly bars: Bars
  /** Sums of the last 60 volumes as a naive running sum has them after all that: what we must not do. */
  readonly runningSum: number
}

function pass(indicators: readonly Indicator[], bars: number): Passed {
  const columns = Object.fromEntries(
    ['open', 'high', 'low', 'close', 'volume'].map((field) => [field, new Float64Array(STRETCH)]),
  ) as Columns
  const runs = indicators.map((indicator) => {
    const inputs = indicator.inputs.map((input) => columns[input as keyof Columns])
    const isPrice = indicator.inputs.some((input) => input !== 'volume')
    const kernel = indicator.create({ decimals: isPrice ? DECIMALS : null })
    if (!(kernel instanceof Stretch)) throw new Error(`${indicator.key} has only next`)
    return { indicator, kernel, inputs, outputs: indicator.outputs.map(() => new Float64Array(STRETCH)) }
  })
  const [random, state, stretches] = [randomFrom(7), { ticks: 1_000_000 }, Math.ceil(bars / STRETCH)]
  const kept: Columns[] = []
  const volumes = new Float64Array(60)
  let runningSum = 0
  for (let stretch = 0; stretch < stretches; stretch++) {
    fill(columns, random, stretch * STRETCH, stretches * STRETCH, state)
    for (const { kernel, inputs, outputs } of runs) kernel.run(inputs, outputs, 0, STRETCH)
    for (let k = 0; k < STRETCH; k++) {
      const slot = (stretch * STRETCH + k) % 60
      runningSum += columns.volume[k]! - volumes[slot]!
      volumes[slot] = columns.volume[k]!
    }
    if ((stretches - stretch) * STRETCH <= LAST + STRETCH)
      kept.push(
        Object.fromEntries(Object.entries(columns).map(([field, column]) => [field, column.slice()])) as Columns,
      )
  }
  const last = (field: keyof Columns) => kept.flatMap((one) => [...one[field]]).slice(-LAST)
  return {
    values: new Map(
      runs.map(({ indicator, outputs }) => [
        indicator.key,
        Object.fromEntries(indicator.outputs.map((output, k) => [output, outputs[k]!.at(-1)!])),
      ]),
    ),
    bars: barsFrom(
      { open: last('open'), high: last('high'), low: last('low'), close: last('close'), volume: last('volume') },
      DECIMALS,
    ),
    runningSum,
  }
}

describe.each([
  ['2,000,000 bars', BARS, CHECKED],
  ['200,000 bars of ordered windows', BARS / 10, ORDERED],
] as const)('after %s', (_, bars, checked) => {
  let passed: Passed
  beforeAll(() => {
    passed = pass(
      checked.map(([indicator]) => indicator),
      bars,
    )
  })

  test.each(checked.map(([indicator, formula, near]) => [indicator.key, indicator, formula, near] as const))(
    '%s is what it would be had it begun with this window',
    (key, indicator, formula, near) => {
      // a window alone; an average that fades, with enough before it to be forgotten to the last bit
      const enough = FADING.includes(indicator.name) ? 800 : indicator.lookback + 2
      const fresh = formula(sliceBars(passed.bars, LAST - enough, LAST))
      const alone = ta.batchColumns({ it: indicator }, passed.bars).it
      for (const output of indicator.outputs) {
        const value = passed.values.get(key)![output]!
        const expected = fresh[output]!.at(-1)!
        expect(Number.isFinite(value)).toBe(true)
        // in exact arithmetic where it begins does not matter at all; the naive formula then only guards against a shared slip
        if (near === 'exact') expect(value).toBe(alone[output]!.at(-1)!)
        const allowed = (near === 'exact' ? 1e-13 : near) * Math.abs(expected)
        expect(Math.abs(value - expected), `${output}: ${value}, anew ${expected}`).toBeLessThanOrEqual(allowed)
      }
    },
  )

  test('which a running sum of doubles would not have been', () => {
    const exact = [...passed.bars.volume].slice(-60).reduce((sum, x) => sum + x, 0)
    expect(Math.abs(passed.runningSum / exact - 1)).toBeGreaterThan(1e-10)
  })
})

test('OBV adds up two million volumes as whole numbers do', () => {
  const kernel = ta.obv().create({ decimals: DECIMALS }) as Kernel & { readonly value: number }
  const random = randomFrom(3)
  // volumes of a hundred-millionth each, as exchanges write them; their sum stays below 2^53 of those
  let [exact, plain] = [0, 0]
  for (let row = 0; row < BARS; row++) {
    const units = Math.floor(random() * 1e6)
    const isUp = row % 3 !== 0
    // every close is above or below the one before
    kernel.next(isUp ? 1_000 + (row % 3) : 999, units / 1e8, 0, 0, 0)
    if (row > 0) exact += isUp ? units : -units
    if (row > 0) plain += isUp ? units / 1e8 : -units / 1e8
  }
  expect(kernel.value).toBe(exact / 1e8)
  expect(plain).not.toBe(exact / 1e8)
})
