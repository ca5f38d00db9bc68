import type { Figure } from '../core/findings.ts'
import type { Dimension, Params, Plateau, Trial, TrialOutcome } from '../core/search.ts'
import { quantile } from '../metrics/statistics.ts'
import type { Goal } from './objective.ts'
import { byWorth, isComparable } from './rank.ts'
import { hasOrder, type Value } from './space-axis.ts'

/** Neighbours by distance: two a parameter, but no fewer than this. */
const LEAST_NEIGHBOURS = 4

/** Neighbours that must have been finished before anything is said of a plateau. */
const LEAST_FINISHED = 2

/**
 * The best trial beside its neighbours. Words have no order, so that neighbours share the words of the best. Where the trials
 * lie on a grid, neighbours are those at most one step away in each number; else those nearest to it, every number on its
 * own scale from 0 to 1.
 *
 * In doubt against the best: a neighbour that was given up, failed or has no objective is worse than all that were finished. Where
 * the middle lies among such, or the worst is one, there is no figure; where fewer than two neighbours, or no more than half of
 * them, were finished, nothing is said of what is kept.
 * @param best number of the best trial
 */
export function plateauOf(
  dimensions: readonly Dimension[],
  trials: readonly Trial[],
  outcomes: readonly TrialOutcome[],
  best: number,
  goal: Goal,
): Plateau {
  const centre = trials.find((trial) => trial.number === best)
  if (centre === undefined) throw new RangeError(`trial ${best} is not among the trials`)
  const objectives = new Map(outcomes.map((one) => [one.number, isComparable(one) ? one.objective : null]))
  const objective = (number: number): Figure => objectives.get(number) ?? null
  const numbers = dimensions.filter(hasOrder).map(scaleOf)
  const words = dimensions.filter((dimension) => !hasOrder(dimension))
  const alike = trials.filter(
    (trial) => trial !== centre && words.every(({ name }) => trial.params[name] === centre.params[name]),
  )
  const beside = onGrid(numbers, alike, centre)
  const neighbours = beside ?? nearest(numbers, alike, centre)
  const figures = known(neighbours.map((trial) => objective(trial.number)))
  const all = known([...objectives.values()])
  const peak = objective(best)
  const worst = figures.length === 0 ? null : figures.reduce((a, b) => (byWorth(a, b, goal) > 0 ? a : b))
  const median = middleOf(figures, worst, neighbours.length)
  const middle = all.length === 0 ? null : quantile(all, 0.5)
  return {
    kind: beside === null ? 'nearest' : 'grid',
    trial: best,
    peak,
    neighbours: neighbours.map((trial) => trial.number),
    finished: figures.length,
    ties: {
      // a best without objective is not among them itself
      trials: Math.max(0, all.filter((figure) => figure === peak).length - 1),
      neighbours: figures.filter((figure) => figure === peak).length,
    },
    median,
    worst: figures.length < neighbours.length ? null : worst,
    kept:
      peak === null || median === null || middle === null || peak === middle || figures.length < LEAST_FINISHED
        ? null
        : (median - middle) / (peak - middle),
    along: numbers.map(({ name }) => ({
      name,
      points: [centre, ...neighbours.filter((trial) => differsInAlone(numbers, trial.params, centre.params, name))]
        .map((trial) => ({ value: trial.params[name]!, trial: trial.number, objective: objective(trial.number) }))
        .sort((a, b) => Number(a.value) - Number(b.value)),
    })),
  }
}

/** The median of `n` of which all but these figures are worse than the worst of them; `null` where it hangs on those. */
function middleOf(figures: readonly number[], worst: Figure, n: number): Figure {
  if (worst === null || 2 * figures.length <= n) return null
  const rest = new Array<number>(n - figures.length).fill(worst)
  return quantile(
    [...figures, ...rest].sort((a, b) => a - b),
    0.5,
  )
}

function known(figures: readonly Figure[]): number[] {
  return figures.filter((figure) => figure !== null).sort((a, b) => a - b)
}

function differsInAlone(numbers: readonly Scale[], a: Params, b: Params, alone: string): boolean {
  return numbers.every(({ name }) => (a[name] !== b[name]) === (name === alone))
}

/** Trials one step away, or `null` where there is no grid, or too few of its points were tried to call them neighbours. */
function onGrid(numbers: readonly Scale[], trials: readonly Trial[], centre: Trial): readonly Trial[] | null {
  if (numbers.some(({ hasSteps }) => !hasSteps)) return null
  const home = numbers.map(({ name, place }) => place(centre.params[name]!))
  const beside = trials.filter((trial) =>
    numbers.every(({ name, place }, k) => Math.abs(place(trial.params[name]!) - home[k]!) <= 1),
  )
  return beside.length < numbers.length ? null : beside
}

/** The nearest trials, equals by number; in order of number. */
function nearest(numbers: readonly Scale[], trials: readonly Trial[], centre: Trial): readonly Trial[] {
  const part = ({ name, place, last }: Scale, params: Params) => (last === 0 ? 0 : place(params[name]!) / last)
  const home = numbers.map((scale) => part(scale, centre.params))
  return trials
    .map((trial) => ({
      trial,
      distance: numbers.reduce((sum, scale, k) => sum + (part(scale, trial.params) - home[k]!) ** 2, 0),
    }))
    .sort((a, b) => a.distance - b.distance || a.trial.number - b.trial.number)
    .slice(0, Math.max(LEAST_NEIGHBOURS, 2 * numbers.length))
    .map(({ trial }) => trial)
    .sort((a, b) => a.number - b.number)
}

/** Where the values of a number stand. */
interface Scale {
  readonly name: string
  readonly hasSteps: boolean
  /** From 0 at the least value to `last` at the greatest; whole steps where it has steps. */
  readonly place: (value: Value) => number
  readonly last: number
}

function scaleOf(dimension: Dimension): Scale {
  const { name } = dimension
  if (dimension.kind === 'list') {
    // a list may be written in any order
    const sorted = [...dimension.values].sort((a, b) => Number(a) - Number(b))
    const places = new Map(sorted.map((value, k) => [value, k]))
    return { name, hasSteps: true, place: (value) => places.get(value)!, last: sorted.length - 1 }
  }
  const { from, to, step, isLog } = dimension
  if (step !== null)
    return {
      name,
      hasSteps: true,
      place: (value) => Math.round((Number(value) - from) / step),
      last: Math.round((to - from) / step),
    }
  const scale = isLog ? Math.log : Number
  return {
    name,
    hasSteps: false,
    place: (value) => scale(Number(value)) - scale(from),
    last: scale(to) - scale(from),
  }
}
