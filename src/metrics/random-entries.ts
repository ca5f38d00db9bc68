import { type Bars, firstRowAt } from '../core/bar.ts'
import type { Fill } from '../core/fill.ts'
import { DAY } from '../core/interval.ts'
import type { EntryTest, RandomEntries } from '../core/luck.ts'
import { seededRandom } from '../core/random.ts'
import type { OpenTrade, Trade } from '../core/trade.ts'
import { type Entry, EntryLane } from './entry-lane.ts'
import { sharpeOf } from './monte-carlo-days.ts'
import { countOf, resamplesFor, spreadOf } from './monte-carlo-spread.ts'
import { quantile } from './statistics.ts'
import { turnsHeld } from './turns-held.ts'

const BUDGET = 200_000

/** Share of the bars held beyond which trades have hardly any other place to be. */
const FULL = 0.9

/** Equal placements may differ in the last digit. */
const ROUNDING = 1e-12

export interface EntriesInput {
  /** Of the run's range. */
  readonly bars: readonly Bars[]
  readonly trades: readonly Trade[]
  /** Equity before each of them, as closed trades had left it. */
  readonly before: Float64Array
  readonly openTrades: readonly OpenTrade[]
  readonly fills: readonly Fill[]
  /** Open of the first bar and close of the last, UTC ms. */
  readonly from: number
  readonly to: number
  readonly riskFree: number
}

/**
 * The run beside entries that do not look at the market. On each symbol its closed trades are laid anew on its own bars, in a
 * random order and at random places (`RandomPlacement`), with the sides, shares of equity and holding times that they had:
 * what was scaled in and out is held as large as it was on the mean, and pays for as much as was entered. They buy and sell at
 * opens, like market orders, and pay what a side has cost the run on that symbol on the mean: fees and slippage ÷ notional of
 * its fills. What is still open at the end is left out, with the bars it holds. Funding is left out,
 * of the run's trades too, and nothing is liquidated on the way: at worst a trade takes all there is.
 *
 * Holding times are as they came: where a stop has ended losing trades early, the draws end some early too, without the loss.
 * @returns a reason where there is nothing to choose among
 */
export function randomEntries(input: EntriesInput, seed: number): RandomEntries | { readonly reason: string } {
  const { trades, riskFree } = input
  const firstDay = Math.floor(input.from / DAY)
  const days = Math.ceil(input.to / DAY) - firstDay
  const entries = entriesOf(input)
  const lanes = lanesOf(input, entries, firstDay, days)
  const heldBars = lanes.reduce((sum, lane) => sum + lane.held, 0)
  const held = Math.min(1, heldBars / lanes.reduce((sum, lane) => sum + lane.bars, 0))
  if (held > FULL || lanes.some((lane) => lane.held > lane.bars))
    return {
      reason: `a position is held on ${(held * 100).toFixed(0)} % of the bars: the trades could hardly have been anywhere else`,
    }
  const random = seededRandom(seed)
  const resamples = resamplesFor(trades.length + heldDays(trades) + days, BUDGET)
  const [returns, sharpes] = [new Float64Array(resamples), new Float64Array(resamples)]
  const daily = new Float64Array(days)
  for (let k = 0; k < resamples; k++) {
    daily.fill(0)
    let factor = 1
    for (const lane of lanes) factor *= lane.addPlaced(daily, random)
    returns[k] = factor - 1
    sharpes[k] = sharpeOf(daily, riskFree)
  }
  daily.fill(0)
  const own = lanes.reduce((factor, lane) => factor * lane.addOwn(daily), 1)
  return {
    ...{ trades: trades.length, resamples, held },
    totalReturn: testOf(own - 1, returns)!,
    sharpe: testOf(sharpeOf(daily, riskFree), sharpes),
  }
}

function lanesOf(
  { bars, openTrades, fills }: EntriesInput,
  entries: ReadonlyMap<string, readonly Entry[]>,
  firstDay: number,
  days: number,
): EntryLane[] {
  return bars.flatMap((one) => {
    const { symbol } = one.series
    const own = entries.get(symbol)
    if (own === undefined) return []
    const still = openTrades.find((trade) => trade.symbol === symbol)
    const end = still === undefined ? one.length - 1 : firstRowAt(one.openTime, still.entryTime)
    return [new EntryLane(one, own, costOf(fills, symbol), Math.min(one.length - 1, end), firstDay, days)]
  })
}

function entriesOf({ trades, before, fills }: EntriesInput): Map<string, Entry[]> {
  const bySymbol = new Map<string, Entry[]>()
  const turned = turnsHeld(trades, fills)
  trades.forEach((trade, k) => {
    const { symbol, side, entryTime, entryPrice, exitTime, pnl, funding, bars, qty } = trade
    const turns = turned[k]!
    const notional = (trade.return === 0 ? qty * entryPrice : pnl / trade.return) / turns
    const entry = {
      isLong: side === 'long',
      share: notional / before[k]!,
      turns,
      // what ended on the bar on which it began is held for one
      bars: Math.max(1, bars),
      ...{ entryTime, entryPrice, exitTime },
      net: (pnl + funding) / notional,
    }
    const others = bySymbol.get(symbol)
    if (others === undefined) bySymbol.set(symbol, [entry])
    else others.push(entry)
  })
  return bySymbol
}

/** Of one side, fees and slippage ÷ notional. */
function costOf(fills: readonly Fill[], symbol: string): number {
  let [paid, traded] = [0, 0]
  for (const fill of fills) {
    if (fill.symbol !== symbol) continue
    paid += fill.fee + fill.slippage
    traded += fill.reference * fill.qty
  }
  return traded > 0 ? paid / traded : 0
}

/** Days over which the trades are marked, each once and once more for every midnight. */
function heldDays(trades: readonly Trade[]): number {
  return trades.reduce((sum, { entryTime, exitTime }) => sum + Math.floor((exitTime - entryTime) / DAY), 0)
}

function testOf(observed: number, samples: Float64Array): EntryTest | null {
  const spread = spreadOf(observed, samples)
  if (spread === null) return null
  const asGood = countOf(samples, (value) => value >= observed - ROUNDING)
  const sorted = [...samples.slice().sort()]
  return {
    ...spread,
    p: (1 + asGood) / (1 + samples.length),
    percentiles: Array.from({ length: 21 }, (_, k) => quantile(sorted, k / 20)),
  }
}
