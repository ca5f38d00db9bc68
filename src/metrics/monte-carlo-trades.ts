import type { LuckOfTrades } from '../core/luck.ts'
import { type Random, seededRandom } from '../core/random.ts'
import { resamplesFor, shareOf, spreadOf } from './monte-carlo-spread.ts'

const BUDGET = 300_000

/** What is left in the last digit when factors are multiplied in another order. */
const ROUNDING = 1e-12

/** Puts values in an order drawn from all of them alike (Durstenfeld 1964). */
export function shuffle(values: Float64Array | Int32Array, random: Random): void {
  for (let k = values.length - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1))
    const value = values[k]!
    values[k] = values[other]!
    values[other] = value
  }
}

/**
 * What trades would have come to in other orders, and what as many trades of their kind would. Fractions compound, so that
 * the order decides only how deep it falls on the way; trades are taken to hang on nothing but chance, one after the other.
 * @param returns pnl ÷ equity before, of each trade as it closed, above −1
 */
export function luckOfTrades(returns: Float64Array, seed: number): LuckOfTrades {
  const random = seededRandom(seed)
  const { length } = returns
  const resamples = resamplesFor(length, BUDGET)
  const own = wayOf(returns)
  const column = () => new Float64Array(resamples)
  const [shuffled, drawnReturn, drawnFall] = [column(), column(), column()]
  const order = returns.slice()
  const drawn = new Float64Array(length)
  for (let k = 0; k < resamples; k++) {
    shuffle(order, random)
    shuffled[k] = wayOf(order).maxDrawdown
    for (let n = 0; n < length; n++) drawn[n] = returns[Math.floor(random() * length)]!
    const way = wayOf(drawn)
    drawnReturn[k] = way.totalReturn
    drawnFall[k] = way.maxDrawdown
  }
  return {
    ...{ trades: length, resamples },
    shuffle: {
      maxDrawdown: spreadOf(own.maxDrawdown, shuffled)!,
      asDeep: shareOf(shuffled, (fall) => fall >= own.maxDrawdown - ROUNDING),
    },
    bootstrap: {
      totalReturn: spreadOf(own.totalReturn, drawnReturn)!,
      maxDrawdown: spreadOf(own.maxDrawdown, drawnFall)!,
      losing: shareOf(drawnReturn, (value) => value < -ROUNDING),
    },
  }
}

/** Where returns lead, one after the other, and how deep they fall on the way, the start being the first peak. */
export function wayOf(returns: Float64Array): { readonly totalReturn: number; readonly maxDrawdown: number } {
  let [value, peak, least] = [1, 1, 1]
  for (let k = 0; k < returns.length; k++) {
    value *= 1 + returns[k]!
    if (value > peak) peak = value
    else if (value < least * peak) least = value / peak
  }
  return { totalReturn: value - 1, maxDrawdown: 1 - least }
}
