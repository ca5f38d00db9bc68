import { seededRandom } from '../../src/core/random.ts'
import { RETURN_BLOCKS, type ReturnsSummary } from '../../src/core/search.ts'
import { type TrialEntry, trialId } from '../../src/search/ledger-line.ts'

const DAY = 86_400_000

/** Daily returns in little, of made-up days. */
export function madeReturns(seed: number, days = 366): ReturnsSummary {
  const random = seededRandom(seed)
  const returns = Array.from({ length: days }, () => 0.001 + 0.04 * (random() - 0.5))
  const blocks = Math.min(RETURN_BLOCKS, days)
  const parts = Array.from({ length: blocks }, (_, k) =>
    returns.slice(Math.floor((k * days) / blocks), Math.floor(((k + 1) * days) / blocks)),
  )
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  const mean = sum(returns) / days
  const deviation = Math.sqrt(sum(returns.map((value) => (value - mean) ** 2)) / (days - 1))
  const sums = parts.map(sum)
  const squares = parts.map((part) => sum(part.map((value) => value ** 2)))
  return { from: 19_723 * DAY, days, mean, deviation, skew: 0.1, kurtosis: -1.2, sums, squares }
}

/** A made-up trial of a sweep. */
export function madeTrial(k: number, change: Partial<TrialEntry> = {}): TrialEntry {
  const facts = { name: 'sma-cross', params: { fast: k, slow: 480 }, data: 'da'.repeat(32), code: 'c0'.repeat(32) }
  return {
    ...facts,
    id: trialId({ ...facts, settings: '5e' }),
    at: Date.UTC(2026, 0, 1) + k,
    verb: 'sweep',
    run: 'sma-cross-sweep-0123456789ab',
    series: ['binance:BTCUSDT:1h'],
    from: 19_723 * DAY,
    to: 20_089 * DAY,
    status: 'done',
    trades: 40,
    totalReturn: 0.125,
    objective: 1.5,
    returns: null,
    ...change,
  }
}
