import { isStrategy } from '../engine/index.ts'
import { isModelDefinition } from '../models/is-model-definition.ts'
import { loadModule } from './load-module.ts'
import { modelsOf } from './load-strategy.ts'
import type { SearchAsked, SearchHost } from './search-asked.ts'
import type { Settings } from './settings.ts'
import { type Sweep, sweep } from './sweep.ts'
import { UsageError } from './usage-error.ts'

/**
 * Whether a strategy's parameters or a model's settings are searched: of a module that has both the strategy's, unless a model
 * of it is named.
 * @throws UsageError where the module cannot be loaded, or where what is asked for is of the other
 */
export async function subjectOf({ strategy: path, model, holdout, set }: SearchAsked): Promise<'strategy' | 'model'> {
  if (typeof path !== 'string') return 'strategy'
  if (model !== undefined) return 'model'
  const { exports } = await loadModule('module', path)
  const { default: strategy } = exports
  // what a module without either lacks is told of the strategy that it should be
  if (!isStrategy(strategy)) return Object.values(exports).some(isModelDefinition) ? 'model' : 'strategy'
  const models = modelsOf(strategy).map(({ name }) => name)
  const how = models.length === 0 ? 'it has no model' : `to search one of its models add --model ${models.join(' or ')}`
  if (holdout !== undefined)
    throw new UsageError(
      `--holdout is of a model, and ${path} is searched as a strategy: ${how}${models.length === 0 ? '; leave it out' : ', or leave it out'}`,
    )
  const dotted = set.map((setting) => setting.split('=', 1)[0]!.trim()).find((name) => name.includes('.'))
  if (models.length > 0 && dotted !== undefined && !Object.hasOwn(strategy.params, dotted))
    throw new UsageError(`--set ${dotted}: strategy ${strategy.name} has no such parameter; ${how}`)
  return 'strategy'
}

/**
 * Searches a strategy's parameters or a model's settings, whichever the module has.
 * @param given all options by name: those that can mean nothing for a model are refused
 * @throws as `sweep`, `modelSweep`
 */
export async function sweepOf(
  asked: SearchAsked,
  settings: Settings,
  host: SearchHost = {},
  given: Readonly<Record<string, unknown>> = {},
): Promise<Sweep> {
  if ((await subjectOf(asked)) === 'strategy') return sweep(asked, settings, host)
  // what models are made of no strategy needs
  const { modelSweep, refuseForModels } = await import('./model-sweep.ts')
  refuseForModels(given)
  return modelSweep(asked, settings, host)
}
