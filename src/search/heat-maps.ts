import type { Dimension, HeatMap, Params, Trial, TrialOutcome } from '../core/search.ts'
import { quantile } from '../metrics/statistics.ts'
import { type Bins, binsOf } from './heat-maps-bins.ts'
import type { Goal } from './objective.ts'
import { byWorth, isComparable } from './rank.ts'

/** Parameters that have maps: all pairs of four are six. */
const MOST_PARAMETERS = 4

/**
 * The objective over each pair of parameters, whatever the others are; of more than four parameters those that the objective
 * hangs on most, in the order in which they were written. Trials that failed or were given up are counted, and no more.
 */
export function heatMaps(
  dimensions: readonly Dimension[],
  trials: readonly Trial[],
  outcomes: readonly TrialOutcome[],
  goal: Goal,
): readonly HeatMap[] {
  const objectives = new Map(
    outcomes.flatMap((one) => (isComparable(one) ? [[one.number, one.objective] as const] : [])),
  )
  const figures = trials.map((trial) => objectives.get(trial.number) ?? null)
  const axes = dimensions
    .map((dimension) => new BinnedAxis(dimension, trials))
    .filter((axis) => axis.bins.labels.length > 1)
  const shares = new Map(axes.map((axis) => [axis, explained(axis, figures)]))
  const chosen = new Set([...axes].sort((a, b) => shares.get(b)! - shares.get(a)!).slice(0, MOST_PARAMETERS))
  const shown = axes.filter((axis) => chosen.has(axis))
  return shown.flatMap((x, k) => shown.slice(k + 1).map((y) => mapOf(x, y, figures, goal)))
}

/** Which bin of a parameter each trial falls into. */
class BinnedAxis {
  readonly name: string
  readonly bins: Bins
  readonly of: Uint8Array

  constructor(dimension: Dimension, trials: readonly { readonly params: Params }[]) {
    this.name = dimension.name
    this.bins = binsOf(dimension)
    this.of = Uint8Array.from(trials, (trial) => this.bins.find(trial.params[dimension.name]!))
  }
}

/**
 * Share of the objective's variance that the bins of one parameter explain, less what as many bins of noise would (ε²,
 * Kelley 1935); 0 where there is nothing to explain.
 */
function explained(axis: BinnedAxis, figures: readonly (number | null)[]): number {
  const groups = axis.bins.labels.length
  const sums = new Float64Array(groups)
  const counts = new Float64Array(groups)
  for (const [k, figure] of figures.entries()) {
    if (figure === null || !Number.isFinite(figure)) continue
    sums[axis.of[k]!]! += figure
    counts[axis.of[k]!]!++
  }
  const n = counts.reduce((a, b) => a + b, 0)
  const filled = counts.filter((count) => count > 0).length
  const mean = sums.reduce((a, b) => a + b, 0) / n
  let [total, within] = [0, 0]
  for (const [k, figure] of figures.entries()) {
    if (figure === null || !Number.isFinite(figure)) continue
    const group = axis.of[k]!
    total += (figure - mean) ** 2
    within += (figure - sums[group]! / counts[group]!) ** 2
  }
  return n <= filled || total === 0 ? 0 : 1 - (within / (n - filled)) * ((n - 1) / total)
}

function mapOf(x: BinnedAxis, y: BinnedAxis, figures: readonly (number | null)[], goal: Goal): HeatMap {
  const cells = new Map<number, { trials: number; figures: number[] }>()
  const width = x.bins.labels.length
  for (const [k, figure] of figures.entries()) {
    const at = y.of[k]! * width + x.of[k]!
    let cell = cells.get(at)
    if (cell === undefined) {
      cell = { trials: 0, figures: [] }
      cells.set(at, cell)
    }
    cell.trials++
    if (figure !== null) cell.figures.push(figure)
  }
  return {
    x: x.name,
    y: y.name,
    columns: x.bins.labels,
    rows: y.bins.labels,
    cells: [...cells]
      .sort(([a], [b]) => a - b)
      .map(([at, cell]) => {
        const sorted = cell.figures.sort((a, b) => a - b)
        const [low, high] = [sorted[0] ?? null, sorted.at(-1) ?? null]
        return {
          column: at % width,
          row: Math.floor(at / width),
          trials: cell.trials,
          best: low === null || high === null || byWorth(low, high, goal) < 0 ? low : high,
          median: sorted.length === 0 ? null : quantile(sorted, 0.5),
        }
      }),
  }
}
