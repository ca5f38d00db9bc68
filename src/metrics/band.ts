import { firstRowAt } from '../core/bar.ts'
import type { EquityColumns, PathBand } from '../core/run.ts'
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
  const worst = deepest(equity.equity, startEquity)
  return {
    method: 'repriced',
    bars: new Set(choices.map(({ symbol, time }) => `${symbol} ${time}`)).size,
    endEquity: { low, high },
    totalReturn: { low: low / startEquity - 1, high: high / startEquity - 1 },
    maxDrawdown: { low: steps.length === 0 ? worst : deepest(equity.equity, startEquity, steps), high: worst },
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
  const falls = [own, better].map(({ equity, startEquity }) => deepest(equity.equity, startEquity))
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

/** From this row on equity would be so much higher. */
interface Step {
  readonly row: number
  readonly gain: number
}

function stepsOf({ time, length }: EquityColumns, choices: readonly Choice[]): Step[] {
  let gain = 0
  const steps = choices.map((choice) => {
    gain += choice.gain
    return { row: Math.min(length - 1, firstRowAt(time, choice.from)), gain }
  })
  return steps
}

/** As the figure `maxDrawdown`, of equity raised by what was gained until each row. */
function deepest(values: Float64Array, start: number, steps: readonly Step[] = []): number {
  const fall = new Fall(start)
  let [row, gain] = [0, 0]
  for (const step of steps) {
    fall.follow(values, row, step.row, gain)
    row = step.row
    gain = step.gain
  }
  fall.follow(values, row, values.length, gain)
  return fall.most
}

/** More than doubles are off by. */
const ALMOST = 1 - 1e-12

/** The deepest fall of a curve from its highest, as a fraction. */
class Fall {
  most = 0
  #peak: number

  constructor(start: number) {
    this.#peak = start
  }

  follow(values: Float64Array, from: number, to: number, gain: number): void {
    let peak = this.#peak
    let most = this.most
    // a fall below this may be the deepest; a division on every row would be most of the work
    let bound = most * peak * ALMOST
    for (let row = from; row < to; row++) {
      const value = values[row]! + gain
      if (value >= peak) peak = value
      else if (peak - value > bound) most = Math.max(most, (peak - value) / peak)
      else continue
      bound = most * peak * ALMOST
    }
    this.#peak = peak
    this.most = most
  }
}
