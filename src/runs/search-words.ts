import { findObjective } from '../search/objective.ts'
import type { ObjectiveSpec } from './objective.ts'
import type { SearchAsked } from './search-asked.ts'
import { SEARCH_DEFAULTS } from './search-defaults.ts'

/** The words that ask for a search, as a command has them; what is built in is left out. */
export function searchWords(asked: SearchAsked, objective: ObjectiveSpec): string[] {
  const { set, where = [], method, trials, seed, prune } = asked
  const words = set.flatMap((text) => ['--set', text])
  for (const text of where) words.push('--where', text)
  const add = (flag: string, value: string | number | undefined, builtIn: string | number | null) => {
    if (value !== undefined && value !== builtIn) words.push(`--${flag}`, String(value))
  }
  add('method', method, SEARCH_DEFAULTS.method)
  add('trials', trials, SEARCH_DEFAULTS.trials)
  add('objective', objective.name, SEARCH_DEFAULTS.objective)
  add('goal', objective.goal, objective.module === null ? findObjective(objective.name, 'strategy').goal : 'max')
  add('seed', seed, SEARCH_DEFAULTS.seed)
  add('prune', prune, null)
  return words
}
