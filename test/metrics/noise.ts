import { type Random, seededRandom } from '../../src/core/random.ts'
import type { ReturnsSummary } from '../../src/core/search.ts'
import { DAY, START } from './made-up.ts'

/** Standard normal numbers by Box & Muller (1958). */
export function normals(seed: number): () => number {
  const random: Random = seededRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

export function many<T>(count: number, make: (k: number) => T): T[] {
  return Array.from({ length: count }, (_, k) => make(k))
}

export const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
export const average = (values: readonly number[]) => total(values) / values.length

/** Mean ÷ sample deviation, from the returns themselves. */
export function sharpeOf(returns: readonly number[]): number {
  const mean = average(returns)
  return mean / Math.sqrt(total(returns.map((value) => (value - mean) ** 2)) / (returns.length - 1))
}

/** First day of each of the 64 blocks, or of as many as there are days, and one past the last. */
export function fineStarts(days: number): number[] {
  const blocks = Math.min(64, days)
  return many(blocks + 1, (k) => Math.floor((k * days) / blocks))
}

/** What a summary of these daily returns must be, written down from its definition. */
export function summaryOf(returns: readonly number[], from = START): ReturnsSummary {
  const days = returns.length
  const mean = average(returns)
  const moment = (power: number) => average(returns.map((value) => (value - mean) ** power))
  const starts = fineStarts(days)
  const blocks = starts.slice(1).map((end, k) => returns.slice(starts[k], end))
  const variance = moment(2)
  return {
    from: Math.floor(from / DAY) * DAY,
    days,
    mean,
    deviation: Math.sqrt((variance * days) / (days - 1)),
    skew: variance > 0 ? moment(3) / variance ** 1.5 : 0,
    kurtosis: variance > 0 ? moment(4) / variance ** 2 - 3 : 0,
    sums: blocks.map(total),
    squares: blocks.map((block) => total(block.map((value) => value ** 2))),
  }
}
