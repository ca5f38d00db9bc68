import type { Bars } from '../core/bar.ts'
import type { Luck } from '../core/luck.ts'
import { daily } from './daily.ts'
import { daysVerdict, entriesVerdict, tradesVerdict } from './luck-verdicts.ts'
import { luckOfDays } from './monte-carlo-days.ts'
import { luckOfTrades } from './monte-carlo-trades.ts'
import { endTimeOf, type PerformanceInput } from './performance-input.ts'
import { randomEntries } from './random-entries.ts'

/** Fewer say nothing of the next ones. */
const TRADES_NEEDED = 10
const DAYS_NEEDED = 30

/** One for each part, so that none hangs on how much another drew. */
const SEEDS = { trades: 1, days: 2, entries: 3 } as const

export interface LuckInput
  extends Pick<PerformanceInput, 'equity' | 'from' | 'startEquity' | 'trades' | 'openTrades' | 'fills' | 'riskFree'> {
  /** Of the run's range, in declared order. */
  readonly bars: readonly Bars[]
}

type Part<T> = T | { readonly reason: string }

/** How much of a run may be luck. The same run draws the same. @param seed of the run */
export function luckOf(input: LuckInput, seed = 0): Luck {
  const seedOf = (part: keyof typeof SEEDS) => seed * 4 + SEEDS[part]
  const before = equityBefore(input)
  const fromTrades = <T>(of: (before: Float64Array) => Part<T>): Part<T> =>
    'reason' in before ? before : of(before.column)
  const trades = fromTrades((column) =>
    luckOfTrades(
      column.map((value, k) => input.trades[k]!.pnl / value),
      seedOf('trades'),
    ),
  )
  const returns = dailyReturns(input)
  const days = 'reason' in returns ? returns : luckOfDays(returns.column, input.riskFree, seedOf('days'))
  const entries = fromTrades((column) =>
    randomEntries({ ...input, before: column, to: endTimeOf(input) }, seedOf('entries')),
  )
  const notes: Record<string, string> = {}
  const known = <T>(key: string, part: Part<T>): T | null => {
    if (!isReason(part)) return part
    notes[key] = part.reason
    return null
  }
  const parts = {
    trades: known('trades', trades),
    days: known('days', days),
    randomEntries: known('randomEntries', entries),
  }
  for (const key of ['days', 'randomEntries'] as const)
    if (parts[key]?.sharpe === null)
      notes[`${key}.sharpe`] = 'returns of days never differ in some of the draws: there is no Sharpe ratio of them'
  return {
    seed,
    ...parts,
    notes,
    verdicts: {
      trades: parts.trades === null ? sentence(notes['trades']!) : tradesVerdict(parts.trades),
      days: parts.days === null ? sentence(notes['days']!) : daysVerdict(parts.days),
      randomEntries:
        parts.randomEntries === null
          ? sentence(notes['randomEntries']!)
          : entriesVerdict(
              parts.randomEntries,
              input.trades.some(({ funding }) => funding !== 0),
            ),
    },
  }
}

function isReason<T>(part: Part<T>): part is { readonly reason: string } {
  return typeof part === 'object' && part !== null && 'reason' in part
}

function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`
}

/** What closed trades had left before each of them. */
function equityBefore({ trades, startEquity }: LuckInput): Part<{ readonly column: Float64Array }> {
  const n = trades.length
  if (n < TRADES_NEEDED)
    return {
      reason: `too few trades to say: ${n === 0 ? 'none was' : n === 1 ? '1 was' : `${n} were`} closed, ${TRADES_NEEDED} are needed`,
    }
  const column = new Float64Array(n)
  let value = startEquity
  for (let k = 0; k < n; k++) {
    column[k] = value
    value += trades[k]!.pnl
    if (value <= 0) return { reason: 'closed trades took all there was: nothing compounds from there' }
  }
  return { column }
}

function dailyReturns({ equity, from, startEquity }: LuckInput): Part<{ readonly column: Float64Array }> {
  const { returns, equity: ends } = daily(equity, equity.equity, from, startEquity)
  const n = returns.length
  if (n < DAYS_NEEDED)
    return {
      reason: `too few days to say: ${n === 1 ? 'the run has 1' : `the run has ${n}`}, ${DAYS_NEEDED} are needed`,
    }
  if (ends.some((value) => value <= 0)) return { reason: 'equity fell to 0 or below: nothing compounds from there' }
  const moved = returns.filter((value) => value !== 0).length
  if (moved < DAYS_NEEDED)
    return {
      reason: `too few days to say: equity moved on ${moved === 0 ? 'none' : moved} of ${n}, ${DAYS_NEEDED} are needed`,
    }
  return { column: Float64Array.from(returns) }
}
