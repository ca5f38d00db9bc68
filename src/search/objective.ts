import { didYouMean } from '../core/suggest.ts'
import { CLASSIFICATION_METRICS } from '../metrics/classification-table.ts'
import { METRICS } from '../metrics/table.ts'

export type Goal = 'max' | 'min'

/** A figure that a search can be for. */
export interface Objective {
  readonly name: string
  readonly goal: Goal
  readonly why: string
}

/** What a function that is an objective returned: a figure, or why it is none. */
export type Judged =
  | { readonly objective: number; readonly reason: null }
  | { readonly objective: null; readonly reason: string }

const REWARD = 'what was earned, or earned for the risk taken'
const LOSS = 'what was lost, or may be'
const WAIT = 'time spent waiting for a loss to be made good'
const PAID = 'what was paid for trading'
const CALM = 'how far results stray'

/** Figures of a run that are better high, or better low. The others only describe it: more fills are neither. */
// biome-ignore format: a table, one reason a line
const OBJECTIVES: readonly (readonly [goal: Goal, why: string, keys: readonly string[]])[] = [
  ['max', REWARD, ['endEquity', 'netProfit', 'totalReturn', 'cagr', 'equityPeak', 'sharpe', 'sharpeLow', 'sharpeHigh', 'sortino', 'calmar', 'omega', 'alpha', 'tailRatio', 'commonSenseRatio']],
  ['max', 'more days far above the mean than far below it', ['skew']],
  ['max', 'a return: the higher, the less is lost on a bad day', ['valueAtRisk', 'valueAtRisk99', 'expectedShortfall', 'expectedShortfall99']],
  ['max', 'what a trade earns', ['winRate', 'profitFactor', 'expectancy', 'avgTrade', 'avgTradeGeometric', 'bestTrade', 'worstTrade', 'avgWin', 'avgLoss', 'sqn', 'kelly', 'maxWinStreak']],
  ['min', CALM, ['volatility', 'kurtosis']],
  ['min', LOSS, ['maxDrawdown', 'avgDrawdown', 'activeDrawdown', 'drawdowns', 'maxLossStreak', 'maxGrossExposure']],
  ['min', WAIT, ['maxDrawdownBars', 'maxDrawdownDuration', 'avgDrawdownDuration', 'drawdownCoverage', 'activeDrawdownDuration', 'maxRecoveryDuration', 'avgRecoveryDuration']],
  ['min', PAID, ['fees', 'slippage', 'funding', 'costShare']],
]

const OF_RUNS: readonly Objective[] = OBJECTIVES.flatMap(([goal, why, keys]) =>
  keys.map((name) => ({ name, goal, why })),
)

const OF_MODELS: readonly Objective[] = CLASSIFICATION_METRICS.flatMap(({ key, better }) => {
  if (better === null) return []
  return [
    better === 'higher'
      ? { name: key, goal: 'max' as const, why: 'the higher, the more was foretold' }
      : { name: key, goal: 'min' as const, why: 'the lower, the nearer the forecast came' },
  ]
})

/** Figures that a search of strategies or of models can be for. */
export function objectives(subject: 'strategy' | 'model'): readonly Objective[] {
  return subject === 'strategy' ? OF_RUNS : OF_MODELS
}

/**
 * The figure that a search is for, by its name.
 * @throws RangeError that says why it is none, and which there are
 */
export function findObjective(name: string, subject: 'strategy' | 'model'): Objective {
  const known = objectives(subject)
  const found = known.find((objective) => objective.name === name)
  if (found !== undefined) return found
  const names = known.map((objective) => objective.name)
  const rows: readonly { readonly key: string; readonly label: string }[] =
    subject === 'strategy' ? METRICS : CLASSIFICATION_METRICS
  const row = rows.find(({ key }) => key === name)
  if (row !== undefined)
    throw new RangeError(
      `--objective ${name}: "${row.label}" says what was tried, neither high nor low of it is better; take ` +
        `${subject === 'strategy' ? 'sharpe' : 'logLoss'}, or write a function that says what is better`,
    )
  const other = subject === 'strategy' ? 'model' : 'strategy'
  if (objectives(other).some((objective) => objective.name === name))
    throw new RangeError(`--objective ${name} is a figure of a ${other}; of a ${subject} there are ${names.join(', ')}`)
  throw new RangeError(
    `--objective ${name}: there is no such figure${didYouMean(name, names)}; there are ${names.join(', ')}, ` +
      'or the path of a module that exports a function',
  )
}

/** Looks at what a function that is an objective returned: only a finite number can be compared. */
export function judge(name: string, value: unknown): Judged {
  if (typeof value === 'number' && Number.isFinite(value)) return { objective: value + 0, reason: null }
  const hint =
    value instanceof Promise ? 'a promise; it must return the number itself' : `${shown(value)}, not a finite number`
  return { objective: null, reason: `objective ${name} returned ${hint}` }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'bigint' ? `${value}n` : String(value)
}
