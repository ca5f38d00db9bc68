/**
 * Every indicator once more, straight from its formula: plain arrays, whole windows summed anew for every bar, averages
 * that fade written out as weights. Slow, and sharing no line with src. `undefined` where there is no value yet.
 */
import type { Bars } from '../../src/core/bar.ts'

export type Column = readonly (number | undefined)[]
export type Naive = (bars: Bars) => Readonly<Record<string, Column>>

const numbers = (column: Float64Array) => [...column]
const sum = (list: readonly number[]) => list.reduce((total, x) => total + x, 0)
const mean = (list: readonly number[]) => sum(list) / list.length

/** One value for every full window of `period` numbers; a window with a hole in it has none. */
function over(column: Column, period: number, formula: (window: readonly number[], row: number) => number): Column {
  return column.map((_, row) => {
    if (row < period - 1) return undefined
    const window = column.slice(row - period + 1, row + 1)
    return window.includes(undefined) ? undefined : formula(window as number[], row)
  })
}

/** One value a row of several columns, where all have one. */
function join(columns: readonly Column[], formula: (...values: number[]) => number): Column {
  return columns[0]!.map((_, row) => {
    const values = columns.map((column) => column[row])
    return values.includes(undefined) ? undefined : formula(...(values as number[]))
  })
}

/** Σ α (1 − α)^age × value over what came after the seed, and (1 − α)^(their number) × the seed, the mean of the first. */
function faded(column: Column, period: number, alpha: number): Column {
  const first = column.findIndex((x) => x !== undefined)
  return column.map((_, row) => {
    const after = first + period
    if (row < after - 1) return undefined
    const seed = mean(column.slice(first, after) as number[])
    const rest = column.slice(after, row + 1) as number[]
    const weighted = rest.map((x, k) => alpha * (1 - alpha) ** (rest.length - 1 - k) * x)
    return sum(weighted) + (1 - alpha) ** rest.length * seed
  })
}

const onePrice = (of: (bars: Bars) => Column) => (bars: Bars) => ({ value: of(bars) })
const close = (bars: Bars) => numbers(bars.close)
const typical = (bars: Bars) => numbers(bars.close).map((c, row) => (bars.high[row]! + bars.low[row]! + c) / 3)
const variance = (window: readonly number[]) => mean(window.map((x) => (x - mean(window)) ** 2))
const highest = (bars: Bars, period: number) => over(numbers(bars.high), period, (window) => Math.max(...window))
const lowest = (bars: Bars, period: number) => over(numbers(bars.low), period, (window) => Math.min(...window))
const ago = (column: Column, bars: number): Column => column.map((_, row) => column[row - bars])
const exponential = (column: Column, period: number) => faded(column, period, 2 / (period + 1))
const wilder = (column: Column, period: number) => faded(column, period, 1 / period)

export const meanPrice = (bars: Bars, fields: readonly ('open' | 'high' | 'low' | 'close')[]): Column =>
  numbers(bars.close).map((_, row) => mean(fields.map((field) => bars[field][row]!)))

export const sma = (period: number, of: (bars: Bars) => Column = close) =>
  onePrice((bars) => over(of(bars), period, mean))
export const ema = (period: number) => onePrice((bars) => exponential(close(bars), period))
export const wma = (period: number) =>
  onePrice((bars) =>
    over(close(bars), period, (window) => sum(window.map((x, k) => (k + 1) * x)) / sum(window.map((_, k) => k + 1))),
  )

export const rsi = (period: number) =>
  onePrice((bars) => {
    const changes = join([close(bars), ago(close(bars), 1)], (now, before) => now - before)
    const gains = wilder(
      join([changes], (x) => Math.max(x, 0)),
      period,
    )
    const losses = wilder(
      join([changes], (x) => Math.max(-x, 0)),
      period,
    )
    // Wilder's own form, 100 − 100 / (1 + RS)
    return join([gains, losses], (gain, loss) => (loss === 0 ? (gain === 0 ? 50 : 100) : 100 - 100 / (1 + gain / loss)))
  })

export const macd =
  (fast: number, slow: number, signal: number): Naive =>
  (bars) => {
    const line = join([exponential(close(bars), fast), exponential(close(bars), slow)], (a, b) => a - b)
    const signals = exponential(line, signal)
    const begun = join([line, signals], (x) => x)
    return { macd: begun, signal: signals, histogram: join([line, signals], (a, b) => a - b) }
  }

export const bollinger =
  (period: number, width: number): Naive =>
  (bars) => {
    const band = (sign: number) =>
      over(close(bars), period, (window) => mean(window) + sign * width * Math.sqrt(variance(window)))
    return { upper: band(1), middle: band(0), lower: band(-1) }
  }
export const stdev = (period: number) =>
  onePrice((bars) => over(close(bars), period, (window) => Math.sqrt(variance(window))))
export const zscore = (period: number) =>
  onePrice((bars) =>
    over(close(bars), period, (window) => (window.at(-1)! - mean(window)) / Math.sqrt(variance(window))),
  )

const ranges = (bars: Bars) =>
  join([numbers(bars.high), numbers(bars.low), ago(close(bars), 1)], (high, low, before) =>
    Math.max(high - low, Math.abs(high - before), Math.abs(low - before)),
  )
export const trueRange = () => onePrice(ranges)
export const atr = (period: number) => onePrice((bars) => wilder(ranges(bars), period))

export const adx =
  (period: number): Naive =>
  (bars) => {
    const rise = join([numbers(bars.high), ago(numbers(bars.high), 1)], (now, before) => now - before)
    const fall = join([numbers(bars.low), ago(numbers(bars.low), 1)], (now, before) => before - now)
    const up = wilder(
      join([rise, fall], (r, f) => (r > f && r > 0 ? r : 0)),
      period,
    )
    const down = wilder(
      join([rise, fall], (r, f) => (f > r && f > 0 ? f : 0)),
      period,
    )
    const range = wilder(ranges(bars), period)
    const plus = join([up, range], (u, r) => (100 * u) / r)
    const minus = join([down, range], (d, r) => (100 * d) / r)
    const average = wilder(
      join([plus, minus], (p, m) => (p + m === 0 ? 0 : (100 * Math.abs(p - m)) / (p + m))),
      period,
    )
    return { adx: average, plus: join([plus, average], (p) => p), minus: join([minus, average], (m) => m) }
  }

export const stochastic =
  (period: number, smooth: number, signal: number): Naive =>
  (bars) => {
    const raw = join([numbers(bars.close), highest(bars, period), lowest(bars, period)], (c, high, low) =>
      high === low ? 50 : (100 * (c - low)) / (high - low),
    )
    const k = over(raw, smooth, mean)
    const d = over(k, signal, mean)
    return { k: join([k, d], (x) => x), d }
  }
export const williamsR = (period: number) =>
  onePrice((bars) =>
    join(
      [close(bars), highest(bars, period), lowest(bars, period)],
      (c, high, low) => (-100 * (high - c)) / (high - low),
    ),
  )

export const cci = (period: number) =>
  onePrice((bars) =>
    over(typical(bars), period, (window) => {
      const deviation = mean(window.map((x) => Math.abs(x - mean(window))))
      return (window.at(-1)! - mean(window)) / (0.015 * deviation)
    }),
  )

export const obv = () =>
  onePrice((bars) =>
    close(bars).map((_, row) =>
      sum(
        close(bars)
          .slice(0, row + 1)
          .map((price, k) => Math.sign(price - (bars.close[k - 1] ?? price)) * bars.volume[k]!),
      ),
    ),
  )

const weighted = (rows: readonly number[], bars: Bars) => {
  const traded = sum(rows.map((row) => bars.volume[row]!))
  const price = typical(bars)
  return traded === 0 ? price[rows.at(-1)!]! : sum(rows.map((row) => price[row]! * bars.volume[row]!)) / traded
}
const rowsUpTo = (row: number) => Array.from({ length: row + 1 }, (_, k) => k)
export const vwap = (period: number) =>
  onePrice((bars) => over(rowsUpTo(bars.length - 1), period, (rows) => weighted(rows, bars)))
export const dayVwap = () =>
  onePrice((bars) => {
    const day = (row: number) => new Date(bars.openTime[row]!).toISOString().slice(0, 10)
    return rowsUpTo(bars.length - 1).map((row) =>
      weighted(
        rowsUpTo(row).filter((k) => day(k) === day(row)),
        bars,
      ),
    )
  })

export const mfi = (period: number) =>
  onePrice((bars) => {
    const price = typical(bars)
    const flows = join([price, ago(price, 1), numbers(bars.volume)], (now, before, volume) =>
      // two typical prices of equal thirds of a tick are equal, whatever their doubles say
      Math.abs(now - before) < 1e-9 * now ? 0 : Math.sign(now - before) * now * volume,
    )
    return over(flows, period, (window) => {
      const inflow = sum(window.filter((x) => x > 0))
      const outflow = -sum(window.filter((x) => x < 0))
      return inflow + outflow === 0 ? 50 : 100 - 100 / (1 + inflow / outflow)
    })
  })

export const roc = (period: number) =>
  onePrice((bars) => join([close(bars), ago(close(bars), period)], (now, then) => (100 * (now - then)) / then))
export const logReturn = (period: number) =>
  onePrice((bars) => join([close(bars), ago(close(bars), period)], (now, then) => Math.log(now) - Math.log(then)))
export const hourOfDay = () => onePrice((bars) => numbers(bars.openTime).map((time) => new Date(time).getUTCHours()))
/** JavaScript's week begins on Sunday. */
export const dayOfWeek = () =>
  onePrice((bars) => numbers(bars.openTime).map((time) => (new Date(time).getUTCDay() + 6) % 7))
export const lag = (bars: number) => onePrice((data) => ago(close(data), bars))
export const change = (bars: number) => onePrice((data) => join([close(data), ago(close(data), bars)], (a, b) => a - b))

export const rollingMin = (period: number) => onePrice((bars) => lowest(bars, period))
export const rollingMax = (period: number) => onePrice((bars) => highest(bars, period))
export const rollingQuantile = (period: number, q: number) =>
  onePrice((bars) =>
    over(close(bars), period, (window) => {
      const sorted = [...window].sort((a, b) => a - b)
      const rank = q * (period - 1)
      const [below, above] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!]
      return below * (1 - (rank % 1)) + above * (rank % 1)
    }),
  )

export const donchian =
  (period: number): Naive =>
  (bars) => {
    const [upper, lower] = [ago(highest(bars, period), 1), ago(lowest(bars, period), 1)]
    return { upper, lower, middle: join([upper, lower], (a, b) => (a + b) / 2) }
  }

export const keltner =
  (period: number, width: number, atrPeriod: number): Naive =>
  (bars) => {
    const [middle, range] = [exponential(close(bars), period), wilder(ranges(bars), atrPeriod)]
    const band = (sign: number) => join([middle, range], (m, r) => m + sign * width * r)
    return { upper: band(1), middle: band(0), lower: band(-1) }
  }

export const ichimoku =
  (conversion: number, base: number, span: number): Naive =>
  (bars) => {
    const middle = (period: number) => join([highest(bars, period), lowest(bars, period)], (a, b) => (a + b) / 2)
    const [c, b, s] = [middle(conversion), middle(base), middle(span)]
    const spanA = ago(
      join([c, b], (x, y) => (x + y) / 2),
      base,
    )
    const spanB = ago(s, base)
    const begun = (column: Column) => join([column, spanA, spanB], (x) => x)
    return { conversion: begun(c), base: begun(b), spanA: begun(spanA), spanB: begun(spanB) }
  }

const cross = (sign: number, fast: number, slow: number) =>
  onePrice((bars) => {
    const gap = join([over(close(bars), fast, mean), over(close(bars), slow, mean)], (a, b) => {
      // averages of a few prices on a grid are equal or differ by far more
      const difference = a - b
      return Math.abs(difference) < 1e-9 * a ? 0 : sign * difference
    })
    return join([gap, ago(gap, 1)], (now, before) => (now > 0 && before <= 0 ? 1 : 0))
  })
export const crossUp = (fast: number, slow: number) => cross(1, fast, slow)
export const crossDown = (fast: number, slow: number) => cross(-1, fast, slow)
