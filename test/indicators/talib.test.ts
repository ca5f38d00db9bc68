/**
 * Indicators against TA-Lib's C library (vectors of 120 bars, 25 functions), every row that it gives from our lookback on.
 * Where TA-Lib seeds otherwise, the seeding it documents is replayed here: with its seed the replay must equal TA-Lib's
 * rows, with ours our rows, so the seed is all that is between the two.
 */
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import * as ta from '../../src/indicators/index.ts'
import { goldenJson, hasGolden } from './recorded.ts'

const TOLERANCE = 1e-9

interface Vectors {
  readonly open: number[]
  readonly high: number[]
  readonly low: number[]
  readonly close: number[]
  readonly volume: number[]
  readonly cases: readonly { name: string; begIndex: number; result: Record<string, number[]> }[]
}

/** TA-Lib name → our indicator, our output → its result; a factor or a constant where the two count differently. */
interface Alike {
  readonly indicator: Indicator
  readonly outputs: Readonly<Record<string, string>>
  readonly factor?: number
  /** TA-Lib's value less ours, on every row. */
  readonly shift?: (vectors: Vectors) => number
}

const value = { value: 'outReal' }
const ALIKE: Readonly<Record<string, Alike>> = {
  SMA: { indicator: ta.sma(20), outputs: value },
  EMA: { indicator: ta.ema(20), outputs: value },
  WMA: { indicator: ta.wma(10), outputs: value },
  RSI: { indicator: ta.rsi(14), outputs: value },
  BBANDS: {
    indicator: ta.bollinger(20, 2),
    outputs: { upper: 'outRealUpperBand', middle: 'outRealMiddleBand', lower: 'outRealLowerBand' },
  },
  ATR: { indicator: ta.atr(14), outputs: value },
  // in percent of the close
  NATR: { indicator: ta.atr(14).over('close'), outputs: value, factor: 100 },
  TRANGE: { indicator: ta.trueRange(), outputs: value },
  STOCHF: { indicator: ta.stochastic(14, 1, 3), outputs: { k: 'outFastK', d: 'outFastD' } },
  STOCH: { indicator: ta.stochastic(14, 3, 3), outputs: { k: 'outSlowK', d: 'outSlowD' } },
  CCI: { indicator: ta.cci(20), outputs: value },
  WILLR: { indicator: ta.williamsR(14), outputs: value },
  MFI: { indicator: ta.mfi(14), outputs: value },
  // TA-Lib starts with the first bar's volume, Granville's own with 0
  OBV: { indicator: ta.obv(), outputs: value, shift: ({ volume }) => volume[0]! },
  ROC: { indicator: ta.roc(10), outputs: value },
  MOM: { indicator: ta.change('close', 10), outputs: value },
  STDDEV: { indicator: ta.stdev(20), outputs: value },
  TRIX: { indicator: ta.roc(1, ta.ema(5, ta.ema(5, ta.ema(5)))), outputs: value },
}
const SEEDED_OTHERWISE = ['MACD', 'ADX', 'PLUS_DI', 'MINUS_DI', 'SAR']
const NOT_OURS = ['AROON', 'ADOSC']

describe.skipIf(!hasGolden)('TA-Lib vectors', () => {
  const vectors = hasGolden ? goldenJson<Vectors>('ml/talib_indicators.json') : ({} as Vectors)
  const rows = hasGolden ? vectors.close.length : 0
  const bars = (): Bars => ({
    series: { venue: 'binance', symbol: 'X', interval: '1h' },
    length: rows,
    priceDecimals: 4,
    openTime: Float64Array.from({ length: rows }, (_, row) => row * 3_600_000),
    open: Float64Array.from(vectors.open),
    high: Float64Array.from(vectors.high),
    low: Float64Array.from(vectors.low),
    close: Float64Array.from(vectors.close),
    volume: Float64Array.from(vectors.volume),
  })
  /** TA-Lib's column, NaN before its first row. */
  const talib = (name: string, output = 'outReal') => {
    const { begIndex, result } = vectors.cases.find((one) => one.name === name)!
    expect(result[output]!.length).toBe(rows - begIndex)
    return [...new Array<number>(begIndex).fill(Number.NaN), ...result[output]!]
  }
  /** Every row from `from` on must agree, and there must be such rows. */
  const compare = (what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, from: number) => {
    expect(actual.length).toBe(rows)
    expect(rows - from, `rows of ${what} to compare`).toBeGreaterThan(80)
    for (let row = from; row < rows; row++)
      if (!(Math.abs(actual[row]! - expected[row]!) <= TOLERANCE * Math.max(1, Math.abs(expected[row]!))))
        throw new Error(`${what} row ${row}: ${actual[row]} is not ${expected[row]}`)
  }
  const ours = (indicator: Indicator) => ta.batchColumns({ it: indicator }, bars()).it

  test('all functions of the file are compared, or are not among our indicators', () => {
    const known = [...Object.keys(ALIKE), ...SEEDED_OTHERWISE, ...NOT_OURS]
    expect(known.sort()).toEqual(vectors.cases.map(({ name }) => name).sort())
  })

  test.each(Object.entries(ALIKE))('%s', (name, { indicator, outputs, factor = 1, shift = () => 0 }) => {
    for (const [output, theirs] of Object.entries(outputs)) {
      const expected = talib(name, theirs)
      const from = expected.findIndex((x) => !Number.isNaN(x))
      // where a figure of several begins with the last of them, TA-Lib does the same
      expect(indicator.lookback - 1, `first row of ${name}`).toBe(from)
      const actual = ours(indicator)[output]!.map((x) => x * factor + shift(vectors))
      compare(`${name}.${output}`, actual, expected, from)
    }
  })

  /** EMA of `values` seeded with the mean of those of the rows first … first + period − 1. */
  const emaFrom = (values: readonly number[], period: number, first: number) => {
    const out = new Array<number>(values.length).fill(Number.NaN)
    const seedRow = first + period - 1
    out[seedRow] = values.slice(first, seedRow + 1).reduce((sum, x) => sum + x, 0) / period
    for (let row = seedRow + 1; row < values.length; row++)
      out[row] = (values[row]! * 2 + out[row - 1]! * (period - 1)) / (period + 1)
    return out
  }

  test('MACD: TA-Lib seeds the fast average late, so that both averages begin on one row', () => {
    const replay = (fastFirst: number) => {
      const [fast, slow] = [emaFrom(vectors.close, 12, fastFirst), emaFrom(vectors.close, 26, 0)]
      const line = fast.map((x, row) => x - slow[row]!)
      const signal = emaFrom(line, 9, 25)
      return { macd: line, signal, histogram: line.map((x, row) => x - signal[row]!) }
    }
    const fields = { macd: 'outMACD', signal: 'outMACDSignal', histogram: 'outMACDHist' } as const
    const columns = ours(ta.macd(12, 26, 9))
    // 26 − 12 = 14: the fast average's first value is then on row 25, like the slow one's
    const [late, early] = [replay(14), replay(0)]
    for (const output of ['macd', 'signal', 'histogram'] as const) {
      compare(`replay with TA-Lib's seed, ${output}`, late[output], talib('MACD', fields[output]), 33)
      compare(`replay with our seed, ${output}`, columns[output]!, early[output], 33)
    }
    // what that leaves between the two lines is the seeds' difference, which fades by 1 − 2/13 a bar
    const [mean14to25, fast] = [emaFrom(vectors.close, 12, 14)[25]!, emaFrom(vectors.close, 12, 0)[25]!]
    const faded = late.macd.map((line, row) => line + (fast - mean14to25) * (11 / 13) ** (row - 25))
    compare('our line', columns['macd']!, faded, 33)
  })

  describe("Wilder's directional movement: TA-Lib sums 13 bars and smooths the 14th in, Wilder sums 14", () => {
    const replay = (seedBars: number) => {
      const { high, low, close } = vectors
      const sums = { range: 0, up: 0, down: 0 }
      const out = { plus: [] as number[], minus: [] as number[], adx: [] as number[] }
      const dx: number[] = []
      for (let row = 0; row < rows; row++) {
        const [rise, fall] = [high[row]! - high[row - 1]!, low[row - 1]! - low[row]!]
        const range = Math.max(high[row]! - low[row]!, Math.abs(high[row]! - close[row - 1]!), Math.abs(low[row]! - close[row - 1]!)) // biome-ignore format: one formula
        const moves = { range, up: rise > fall && rise > 0 ? rise : 0, down: fall > rise && fall > 0 ? fall : 0 }
        if (row > 0)
          for (const key of ['range', 'up', 'down'] as const)
            sums[key] = row <= seedBars ? sums[key] + moves[key] : sums[key] - sums[key] / 14 + moves[key]
        const isReady = row >= 14
        out.plus.push(isReady ? (100 * sums.up) / sums.range : Number.NaN)
        out.minus.push(isReady ? (100 * sums.down) / sums.range : Number.NaN)
        if (isReady) dx.push((100 * Math.abs(sums.up - sums.down)) / (sums.up + sums.down))
        const first = dx.slice(0, 14).reduce((sum, x) => sum + x, 0) / 14
        out.adx.push(
          dx.length < 14 ? Number.NaN : dx.length === 14 ? first : (out.adx[row - 1]! * 13 + dx.at(-1)!) / 14,
        )
      }
      return out
    }
    test.each([
      ['ADX', 'adx', 27],
      ['PLUS_DI', 'plus', 14],
      ['MINUS_DI', 'minus', 14],
    ] as const)('%s', (name, output, begin) => {
      const theirs = talib(name)
      expect(theirs.findIndex((x) => !Number.isNaN(x))).toBe(begin)
      compare(`replay with TA-Lib's seed, ${output}`, replay(13)[output], theirs, begin)
      // all three of ours begin with the ADX, on row 27
      compare(`replay with our seed, ${output}`, ours(ta.adx(14))[output]!, replay(14)[output], 27)
    })
  })

  test('SAR: TA-Lib starts in the direction of the first two bars; a reversal starts both anew', () => {
    const { sar, direction } = ours(ta.psar(0.02, 0.2)) as { sar: Float64Array; direction: Float64Array }
    const theirs = talib('SAR')
    const theirDirection = theirs.map((x, row) => (x < bars().low[row]! ? 1 : -1))
    // the first reversal that both make, from the same side: the stop is then the extreme of the same stretch of bars
    const isReversal = (row: number) =>
      direction[row] !== direction[row - 1] &&
      direction[row] === theirDirection[row] &&
      direction[row - 1] === theirDirection[row - 1]
    const from = theirs.findIndex((_, row) => row > 1 && isReversal(row))
    expect(from).toBeGreaterThan(1)
    compare('SAR', sar, theirs, from)
    const reversals = theirs.filter((_, row) => row >= from && isReversal(row))
    expect(reversals.length).toBeGreaterThan(5)
  })
})
