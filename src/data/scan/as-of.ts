import { type Bars, lastClosedBy } from '../../core/bar.ts'
import { givenText } from '../../core/given-text.ts'
import { closeTimeOf, DAY, intervalMs } from '../../core/interval.ts'
import { type MarketFigures, type Mix, measuresOf, mixOf, type Ranked, rankMarkets } from './rank.ts'

/** Bars that momentum and volatility look back over where nothing else is said. */
export const LOOKBACK = 30

/** What bars that are closed by an instant say of a market. */
export interface BarFigures extends MarketFigures {
  /** Close of the last bar. */
  readonly last: number
  /** Last close ÷ close 24 hours earlier − 1; of bars longer than a day, ÷ the close before. */
  readonly change: number
  /** Quote asset traded in that time: the volume of each bar × its close. */
  readonly volume: number
  /** Standard deviation of the log returns from bar to bar over the lookback. */
  readonly volatility: number
  /** Last close ÷ close a lookback earlier − 1. */
  readonly momentum: number
}

/**
 * Figures of a market as they were at `at`, UTC ms: bars that close later are not looked at. `null` where it did not trade then: no bar of
 * it had closed within the day before.
 */
export function figuresAsOf(bars: Bars, at: number, lookback: number): BarFigures | null {
  const { openTime, close, volume, series } = bars
  const { interval } = series
  const row = lastClosedBy(openTime, interval, at)
  const day = Math.max(DAY, intervalMs(interval))
  // a month of 31 days has closed up to 31 days ago
  const longest = interval === '1M' ? 31 * DAY : day
  if (row < 0 || at - closeTimeOf(openTime[row]!, interval) >= longest) return null
  const last = close[row]!
  const before = intervalMs(interval) < DAY ? lastClosedBy(openTime, interval, at - DAY) : rowBefore(bars, row)
  const first =
    interval === '1M' ? row - lookback : lastClosedBy(openTime, interval, at - lookback * intervalMs(interval))
  let traded = 0
  for (let k = before + 1; k <= row; k++) traded += volume[k]! * close[k]!
  return {
    symbol: series.symbol,
    last,
    change: before < 0 ? Number.NaN : last / close[before]! - 1,
    volume: before < 0 ? Number.NaN : traded,
    volatility: first < 0 ? Number.NaN : deviationOfReturns(close, first, row),
    momentum: first < 0 ? Number.NaN : last / close[first]! - 1,
  }
}

/** The row before, where no bar is missing between the two; −1 where one is. */
function rowBefore({ openTime, series }: Bars, row: number): number {
  return row > 0 && closeTimeOf(openTime[row - 1]!, series.interval) === openTime[row]! ? row - 1 : -1
}

/** Sample standard deviation of ln(close ÷ close before) of the rows after `first` up to `last`. */
function deviationOfReturns(close: Float64Array, first: number, last: number): number {
  const count = last - first
  if (count < 2) return Number.NaN
  let sum = 0
  for (let k = first + 1; k <= last; k++) sum += Math.log(close[k]! / close[k - 1]!)
  const mean = sum / count
  let squares = 0
  for (let k = first + 1; k <= last; k++) squares += (Math.log(close[k]! / close[k - 1]!) - mean) ** 2
  return Math.sqrt(squares / (count - 1))
}

export interface RankOptions {
  /** UTC ms; only bars that are closed by then count. */
  readonly at: number
  /** change, volume, volatility, momentum, or a mix such as `volume=0.5,momentum=0.5`. */
  readonly by: string | Mix
  /** Bars that momentum and volatility look back over (built in: 30). */
  readonly lookback?: number
}

/**
 * Markets ranked as they were at an instant, the best first, out of bars that may go on beyond it: what came later changes
 * nothing. Markets that did not trade then, or had not for long enough, are left out.
 * @throws RangeError for a measure that bars do not have
 */
export function rankBars(markets: readonly Bars[], options: RankOptions): readonly Ranked<BarFigures>[] {
  if (!Array.isArray(markets) || typeof options !== 'object' || options === null || !Number.isFinite(options.at))
    throw new RangeError(
      `rankBars(${givenText(markets)}, ${givenText(options)}): write a list of bars, when and by what, rankBars([bars, …], { at: Date.UTC(2024, 0, 1), by: 'momentum' })`,
    )
  const { at, by, lookback = LOOKBACK } = options
  const figures = markets.map((bars) => figuresAsOf(bars, at, lookback)).filter((one) => one !== null)
  return rankMarkets(figures, mixOfBars(by))
}

/** A mix of what bars can tell. @throws RangeError for what they cannot */
export function mixOfBars(by: string | Mix): Mix {
  const mix = mixOf('rankBars', by)
  if (measuresOf(mix).includes('spread'))
    throw new RangeError('bars do not say what the spread was; rank by change, volume, volatility or momentum')
  return mix
}
