import type {
  Dimension,
  RecordedModelSearch,
  RecordedSearch,
  RecordedWalkForward,
  SearchRequest,
} from '../core/search.ts'
import { findObjective } from '../search/objective.ts'
import { isModulePath } from './objective.ts'
import { SEARCH_DEFAULTS } from './search-defaults.ts'
import type { StrategyManifest } from './search-manifest.ts'
import type { WalkForwardPlan } from './walk-forward-plan.ts'

/**
 * What a search is made again from, the same however it was asked for; `null` where strategy or objective were handed over by a
 * script, which no file has.
 */
export function recordOfSearch(
  { request, objective }: Pick<StrategyManifest, 'request' | 'objective'>,
  { dimensions, where, method, trials, seed, prune }: SearchRequest,
): RecordedSearch | null {
  if (request === null || objective.inline !== undefined) return null
  return {
    ...{ backtest: request, set: dimensions.map(dimensionText), where, method },
    trials: method === 'grid' ? null : trials,
    ...{ objective: objective.module?.path ?? objective.name, goal: objective.goal, seed, prune },
  }
}

/** The words that ask for a search, as a command has them; what is built in is left out. */
export function searchWords(record: RecordedSearch | RecordedWalkForward | RecordedModelSearch): string[] {
  const { set, where, method, trials, objective, goal, seed } = record
  const isModel = 'model' in record
  const words = set.flatMap((text) => ['--set', text])
  if (where !== null) words.push('--where', where)
  const add = (flag: string, value: string | number | null, builtIn: string | number | null) => {
    if (value !== null && value !== builtIn) words.push(`--${flag}`, String(value))
  }
  add('method', method, SEARCH_DEFAULTS.method)
  add('trials', trials, SEARCH_DEFAULTS.trials)
  add('objective', objective, isModel ? SEARCH_DEFAULTS.modelObjective : SEARCH_DEFAULTS.objective)
  const subject = isModel ? 'model' : 'strategy'
  add('goal', goal, isModulePath(objective) ? 'max' : findObjective(objective, subject).goal)
  add('search-seed', seed, SEARCH_DEFAULTS.seed)
  if (isModel) add('holdout', record.holdout, SEARCH_DEFAULTS.holdout)
  else add('prune', record.prune, null)
  return 'plan' in record ? [...words, ...planWords(record.plan)] : words
}

function planWords({ kind, train, test, embargo }: WalkForwardPlan): string[] {
  return [
    ...['--train', train, '--test', test],
    ...(kind === 'anchored' ? ['--anchored'] : []),
    ...(embargo === '0s' ? [] : ['--embargo', embargo]),
  ]
}

/** A dimension as `--set` has it: what `parseDimension` reads as the same. */
export function dimensionText(dimension: Dimension): string {
  const { name } = dimension
  if (dimension.kind === 'list') return `${name}=${dimension.values.join(',')}`
  const { kind, from, to, step, isLog } = dimension
  const last = isLog ? ':log' : step === null ? '' : `:${step}`
  // where nothing is declared of a parameter, a point is what tells any numbers from whole ones
  const isPlain = [from, to, step].every((one) => one === null || Number.isInteger(one))
  return `${name}=${from}${kind === 'num' && isPlain ? '.0' : ''}..${to}${last}`
}
