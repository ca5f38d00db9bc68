import type { LuckOfDays } from '../core/luck.ts'
import { seededRandom } from '../core/random.ts'
import { stationaryBlockLength } from './block-length.ts'
import { resamplesFor, shareOf, spreadOf } from './monte-carlo-spread.ts'
import { wayOf } from './monte-carlo-trades.ts'
import { drawStationary } from './stationary-bootstrap.ts'

const BUDGET = 1_500_000
const YEAR = 365
/** What is left of a variance of equal returns after rounding in doubles. */
const ROUNDING = 1e-26

/**
 * What as many days of their kind would come to: days are drawn in blocks, because calm and wild ones come in stretches.
 * The mean length is the longer one of those that the rule of Politis & White has for returns and for their sizes.
 * @param returns of days, above −1
 * @param riskFree a year's, as a fraction
 */
export function luckOfDays(returns: Float64Array, riskFree: number, seed: number): LuckOfDays {
  const random = seededRandom(seed)
  const days = returns.length
  const resamples = resamplesFor(days, BUDGET)
  const blockLength = Math.max(stationaryBlockLength(returns), stationaryBlockLength(returns.map(Math.abs)))
  const column = () => new Float64Array(resamples)
  const [returned, fallen, sharpes] = [column(), column(), column()]
  const drawn = new Float64Array(days)
  for (let k = 0; k < resamples; k++) {
    drawStationary(drawn, returns, blockLength, random)
    const way = wayOf(drawn)
    returned[k] = way.totalReturn
    fallen[k] = way.maxDrawdown
    sharpes[k] = sharpeOf(drawn, riskFree)
  }
  const own = wayOf(returns)
  return {
    ...{ days, resamples, blockLength },
    totalReturn: spreadOf(own.totalReturn, returned)!,
    maxDrawdown: spreadOf(own.maxDrawdown, fallen)!,
    sharpe: spreadOf(sharpeOf(returns, riskFree), sharpes),
    losing: shareOf(returned, (value) => value < 0),
  }
}

/** As the figure `sharpe`, in one pass; NaN where returns never differ. */
export function sharpeOf(returns: Float64Array, riskFree: number): number {
  const n = returns.length
  let [sum, squares] = [0, 0]
  for (let k = 0; k < n; k++) {
    const value = returns[k]!
    sum += value
    squares += value * value
  }
  const variance = (squares - (sum * sum) / n) / (n - 1)
  if (!(variance > ROUNDING)) return Number.NaN
  return ((sum / n - riskFree / YEAR) / Math.sqrt(variance)) * Math.sqrt(YEAR)
}
