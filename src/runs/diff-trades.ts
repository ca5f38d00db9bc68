import { type Decimal, decimalOf, unitsText } from '../core/decimal.ts'
import type { RunResult } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'
import { type TradeStory, tradeStories } from './trade-story.ts'

/** A trade of the one run, of the other, or the same decision in both. */
export interface Pair {
  readonly a: Trade | null
  readonly b: Trade | null
  /** When its entry was decided, UTC ms. */
  readonly decidedAt: number
  /** pnl of b less pnl of a, each 0 where there is none; exact decimal text. */
  readonly pnl: string
}

interface Group {
  /** Those that explain most first. */
  readonly pairs: readonly Pair[]
  /** What the group explains of the difference, exact decimal text. */
  readonly pnl: string
}

const GROUPS = ['added', 'removed', 'moved', 'kept'] as const

/**
 * Closed trades of two runs: `added` are in b only, `removed` in a only; `moved` came of one decision (symbol, side, close
 * at which the entry was decided) and went in or out at other times, prices or quantities; `kept` did not, and differ
 * by fees and funding at most. Every trade is in one group, and the groups' pnl add up to `pnl`, to the last digit.
 */
export interface TradeDiff extends Readonly<Record<(typeof GROUPS)[number], Group>> {
  /** Closed pnl of b less that of a. */
  readonly pnl: string
}

type Told = Pick<RunResult, 'trades' | 'fills' | 'events'>

/** @throws RangeError where the files of a run contradict one another */
export function diffTrades(a: Told, b: Told): TradeDiff {
  const [ofA, ofB] = [a, b].map((run) => byDecision(tradeStories(run).closed)) as [Decisions, Decisions]
  const pairs: Pair[] = []
  for (const key of new Set([...ofA.keys(), ...ofB.keys()])) {
    const [left, right] = [ofA.get(key) ?? [], ofB.get(key) ?? []]
    // a decision can make several trades: orders that fill one after the other; they are paired in their order
    for (let k = 0; k < Math.max(left.length, right.length); k++) pairs.push(pairOf(left[k], right[k]))
  }
  const group = (name: (typeof GROUPS)[number]): Group => {
    const own = pairs.filter((pair) => groupOf(pair) === name)
    const size = (pair: Pair) => Math.abs(Number(pair.pnl))
    own.sort((x, y) => size(y) - size(x) || x.decidedAt - y.decidedAt || (x.a ?? x.b)!.n - (y.a ?? y.b)!.n)
    return { pairs: own, pnl: total(own.map(({ a: x, b: y }) => [x, y])) }
  }
  const groups = Object.fromEntries(GROUPS.map((name) => [name, group(name)])) as Record<(typeof GROUPS)[number], Group>
  return {
    ...groups,
    pnl: total([...a.trades.map((x) => [x, null] as const), ...b.trades.map((y) => [null, y] as const)]),
  }
}

type Decisions = ReadonlyMap<string, readonly TradeStory[]>

function byDecision(stories: readonly TradeStory[]): Decisions {
  const found = new Map<string, TradeStory[]>()
  for (const story of stories) {
    const { symbol, side } = story.trade
    const key = `${symbol} ${side} ${story.executions[0]!.decidedAt}`
    found.set(key, [...(found.get(key) ?? []), story])
  }
  return found
}

function pairOf(left: TradeStory | undefined, right: TradeStory | undefined): Pair {
  const [a, b] = [left?.trade ?? null, right?.trade ?? null]
  return { a, b, decidedAt: (left ?? right)!.executions[0]!.decidedAt, pnl: total([[a, b]]) }
}

const PLACE = ['qty', 'entryTime', 'entryPrice', 'exitTime', 'exitPrice'] as const

function groupOf({ a, b }: Pair): (typeof GROUPS)[number] {
  if (a === null) return 'added'
  if (b === null) return 'removed'
  return PLACE.every((key) => a[key] === b[key]) ? 'kept' : 'moved'
}

/** Σ pnl of the second less that of the first: amounts are decimals, and their sum is reckoned in whole units of the finest. */
function total(pairs: readonly (readonly [Trade | null, Trade | null])[]): string {
  const signed = pairs.flatMap(([a, b]) => [
    ...(a === null ? [] : [{ sign: -1n, pnl: decimalOf(a.pnl) }]),
    ...(b === null ? [] : [{ sign: 1n, pnl: decimalOf(b.pnl) }]),
  ])
  const decimals = signed.reduce((most, { pnl }) => Math.max(most, pnl.decimals), 0)
  const units = ({ digits, decimals: own }: Decimal) => digits * 10n ** BigInt(decimals - own)
  return unitsText(
    signed.reduce((sum, { sign, pnl }) => sum + sign * units(pnl), 0n),
    decimals,
  )
}
