import type { Figure } from '../core/findings.ts'
import { normalDistribution } from '../core/normal-distribution.ts'
import { normalQuantile } from '../core/normal-quantile.ts'

/** Euler–Mascheroni constant. */
const EULER_GAMMA = 0.5772156649015329

/** What an observed Sharpe ratio rests on. All of one period, a day for instance: nothing here is annual. */
export interface ObservedSharpe {
  /** Mean return ÷ deviation of returns, of one period. */
  readonly sharpe: number
  /** Returns that were observed. */
  readonly periods: number
  readonly skew: number
  /** Excess kurtosis: 0 for the normal distribution, where the papers' γ₄ is 3. */
  readonly kurtosis: number
}

/**
 * The probability that the true Sharpe ratio is above `benchmark`, of returns of any distribution:
 * Φ((SR − SR*) √(n − 1) ÷ √(1 − γ₃ SR + (γ₄ − 1) ÷ 4 × SR²)). Bailey & López de Prado, "The Sharpe Ratio Efficient Frontier",
 * Journal of Risk 15(2), 2012. It takes returns to be independent of one another, and nothing else to have been tried.
 * @param benchmark SR*, of one period
 */
export function probabilisticSharpe(observed: ObservedSharpe, benchmark = 0): number {
  const distance = (observed.sharpe - benchmark) * Math.sqrt(observed.periods - 1)
  return distance === 0 ? 0.5 : normalDistribution(distance / Math.sqrt(varianceFactor(observed)))
}

/**
 * Periods needed before the true Sharpe ratio is above `benchmark` at that confidence, if returns go on as they were:
 * 1 + (1 − γ₃ SR + (γ₄ − 1) ÷ 4 × SR²) (Z⁻¹(confidence) ÷ (SR − SR*))². Bailey & López de Prado (2012). `null` where
 * the observed ratio is not above the benchmark: no record would do.
 * @param benchmark SR*, of one period
 */
export function minimumTrackRecord(observed: ObservedSharpe, benchmark = 0, confidence = 0.95): Figure {
  if (!(observed.sharpe > benchmark)) return null
  return 1 + varianceFactor(observed) * (normalQuantile(confidence) / (observed.sharpe - benchmark)) ** 2
}

/**
 * Sharpe ratio that the best of so many independent trials would be expected to show if none had any skill:
 * σ × ((1 − γ) Z⁻¹(1 − 1 ÷ N) + γ Z⁻¹(1 − 1 ÷ (N e))). Bailey & López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio
 * Management 40(5), 2014, for a mean of 0. Of one trial it is 0: nothing was chosen.
 * @param trials N, whole and at least 1
 * @param spread σ, deviation of Sharpe ratios over trials; the answer is of the same period
 */
export function expectedMaximumSharpe(trials: number, spread: number): number {
  if (!(trials >= 1)) throw new RangeError(`${trials} trials: at least 1 is needed`)
  if (trials === 1) return 0
  // upper quantiles by symmetry: 1 − 1 ÷ N would lose what is left of N
  const [most, further] = [-normalQuantile(1 / trials), -normalQuantile(1 / (trials * Math.E))]
  return spread * ((1 - EULER_GAMMA) * most + EULER_GAMMA * further)
}

/**
 * The probability that the true Sharpe ratio of the best of so many trials is above 0: `probabilisticSharpe` with
 * `expectedMaximumSharpe` as its benchmark. Bailey & López de Prado (2014). It takes trials to be independent; since
 * the luckiest of many varies less than a single one, noise passes 0.95 in less than 5 % of searches: of ten trials in 0.7 %.
 */
export function deflatedSharpe(observed: ObservedSharpe, trials: number, spread: number): number {
  return probabilisticSharpe(observed, expectedMaximumSharpe(trials, spread))
}

/** Never below 0 for moments of real returns (Pearson: γ₄ ≥ 1 + γ₃²), except for rounding. */
function varianceFactor({ sharpe, skew, kurtosis }: ObservedSharpe): number {
  return Math.max(0, 1 - skew * sharpe + ((kurtosis + 2) / 4) * sharpe ** 2)
}
