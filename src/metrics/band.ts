import { firstRowAt } from '../core/bar.ts'
import type { PathBand } from '../core/findings.ts'
import type { EquityColumns } from '../core/run.ts'
import { deepestFall, deepestRaised, findDrawdowns, type Rise } from './drawdown.ts'
import { type BandInput, type Choice, choicesOf } from './path-choices.ts'

/**
 * How much of a result hangs on paths that bars do not show. The engine takes the worse one (fills.md 7, 11): of a stop and
 * a target in one bar the stop comes first, after an entry inside a bar its bad extreme comes later and its good one came
 * before. Here every such trade is priced again by the better path, with all later decisions held as they were.
 */
export function pathBand(input: BandInput): PathBand {
  const choices = choicesOf(input).sort((a, b) => a.from - b.from)
  const { equity, startEquity } = input
  const steps = stepsOf(equity, choices)
  const low = equity.equity[equity.length - 1] ?? startEquity
  const high = low + (steps.at(-1)?.gain ?? 0)
  const all = input.trades.reduce((sum, { pnl }) => sum + Math.abs(pnl), 0)
  const gain = choices.reduce((sum, choice) => sum + choice.gain, 0)
  const drawdowns = input.drawdowns ?? findDrawdowns(equity.equity, startEquity)
  const worst = deepestFall(drawdowns)
  return {
    method: 'repriced',
    bars: new Set(choices.map(({ symbol, time }) => `${symbol} ${time}`)).size,
    endEquity: { low, high },
    totalReturn: { low: low / startEquity - 1, high: high / startEquity - 1 },
    maxDrawdown: { low: deepestRaised(equity.equity, drawdowns, steps), high: worst },
    share: all > 0 ? gain / all : null,
  }
}

/**
 * The band by a run of its own: `better` is the whole run once more with the better choice at every bar, decisions that
 * follow from it included. It may do worse by them, so either run can be either end.
 * @param repriced the band trade by trade, which counts the bars
 */
export function fullBand(repriced: PathBand, own: Curve, better: Curve): PathBand {
  const ends = [own, better].map(({ equity, startEquity }) => equity.equity[equity.length - 1] ?? startEquity)
  const falls = [own, better].map(({ equity, startEquity }) => deepestFall(findDrawdowns(equity.equity, startEquity)))
  const endEquity = between(ends)
  const { startEquity } = own
  return {
    ...repriced,
    method: 'full',
    endEquity,
    totalReturn: { low: endEquity.low / startEquity - 1, high: endEquity.high / startEquity - 1 },
    maxDrawdown: between(falls),
  }
}

type Curve = Pick<BandInput, 'equity' | 'startEquity'>

function between(values: readonly number[]): { low: number; high: number } {
  return { low: Math.min(...values), high: Math.max(...values) }
}

function stepsOf({ time, length }: EquityColumns, choices: readonly Choice[]): Rise[] {
  let gain = 0
  return choices.map((choice) => {
    gain += choice.gain
    return { row: Math.min(length - 1, firstRowAt(time, choice.from)), gain }
  })
}
