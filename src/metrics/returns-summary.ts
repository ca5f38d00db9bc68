import { DAY } from '../core/interval.ts'
import type { EquityColumns } from '../core/run.ts'
import { RETURN_BLOCKS, type ReturnsInLittle, type ReturnsSummary } from '../core/search.ts'
import { daily } from './daily.ts'
import { deviation, mean, standardMoments } from './statistics.ts'

/** What is left of a deviation of equal returns after rounding in doubles. */
const ROUNDING = 1e-15

/**
 * A run's daily returns in little, in which any union of blocks has its exact mean and deviation. `null` where there are fewer
 * than two days, or equity fell to 0 or below: no return can be told from there. Of returns that never differ, deviation,
 * skew and kurtosis are 0.
 * @param from where the run begins, UTC ms
 */
export function summarise(
  equity: Pick<EquityColumns, 'length' | 'time' | 'equity'>,
  from: number,
  startEquity: number,
): ReturnsSummary | null {
  const { returns, equity: ends } = daily(equity, equity.equity, from, startEquity)
  const days = returns.length
  if (days < 2 || !(startEquity > 0) || !ends.every((value) => value > 0)) return null
  const blocks = Math.min(RETURN_BLOCKS, days)
  const sums = Array<number>(blocks).fill(0)
  const squares = Array<number>(blocks).fill(0)
  for (let block = 0; block < blocks; block++)
    for (let day = firstDay(block, blocks, days); day < firstDay(block + 1, blocks, days); day++) {
      sums[block]! += returns[day]!
      squares[block]! += returns[day]! ** 2
    }
  const spread = deviation(returns)
  const varies = spread > ROUNDING
  const { skew, kurtosis } = varies ? standardMoments(returns) : { skew: 0, kurtosis: 0 }
  return {
    from: Math.floor(from / DAY) * DAY,
    days,
    mean: mean(returns),
    deviation: varies ? spread : 0,
    skew,
    kurtosis,
    sums,
    squares,
  }
}

/** First day of a block of `blocks` over so many days: with `blocks` itself, one past the last. */
export function firstDay(block: number, blocks: number, days: number): number {
  return Math.floor((block * days) / blocks)
}

/** Mean ÷ deviation of daily returns; `null` where they never differ. */
export function dailySharpe({ mean, deviation }: Pick<ReturnsInLittle, 'mean' | 'deviation'>): number | null {
  return deviation > 0 ? mean / deviation : null
}
