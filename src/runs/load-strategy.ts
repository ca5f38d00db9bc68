import { didYouMean } from '../core/suggest.ts'
import { isStrategy, type Strategy } from '../engine/index.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import { isModelDefinition } from '../models/is-model-definition.ts'
import { loadModule } from './load-module.ts'
import { UsageError } from './usage-error.ts'

/**
 * Loads a strategy module.
 * @throws UsageError that names the file, and the line where its syntax breaks
 */
export async function loadStrategy(path: string, from = process.cwd()): Promise<{ strategy: Strategy; file: string }> {
  const { file, exports: loaded } = await loadModule('strategy', path, from)
  const { default: strategy } = loaded
  if (strategy === undefined)
    throw new UsageError(`strategy ${path}: has no default export; write: export default defineStrategy({ … })`)
  if (!isStrategy(strategy))
    throw new UsageError(
      `strategy ${path}: its default export is ${typeof strategy === 'function' ? 'a function' : 'no strategy'}; write: export default defineStrategy({ … })`,
    )
  return { strategy, file }
}

/** A model of a module, under the name that the module has for it. */
export interface NamedModel {
  readonly name: string
  readonly definition: ModelDefinition
}

/**
 * A model's name is part of the name of its run's folder.
 * @throws UsageError for one that cannot be
 */
export function checkModelName(name: string, where: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name))
    throw new UsageError(`${where}: a model is called ${JSON.stringify(name)}; use letters, digits, - and _`)
}

/** Models that a strategy asks, by the names it has for them. */
export function modelsOf(strategy: Strategy): readonly NamedModel[] {
  return Object.entries(strategy.models).map(([name, model]) => {
    if (!isModelDefinition(model))
      throw new UsageError(`strategy ${strategy.name}: models.${name} is no model; write defineModel({ … })`)
    checkModelName(name, `strategy ${strategy.name}`)
    return { name, definition: model }
  })
}

/** Series that a strategy's models learn from: what it is run on where nothing is said. */
export function seriesOfModels(strategy: Strategy): readonly string[] {
  return [...new Set(modelsOf(strategy).flatMap(({ definition }) => definition.series))]
}

/**
 * Loads the models of a module: those of its strategy, and its exports.
 * @throws UsageError where there is none
 */
export async function loadModels(
  path: string,
  from = process.cwd(),
): Promise<{ readonly models: readonly NamedModel[]; readonly file: string }> {
  const { file, exports: loaded } = await loadModule('module', path, from)
  const own = isStrategy(loaded['default']) ? modelsOf(loaded['default']) : []
  const exported = Object.entries(loaded).flatMap(([name, value]) =>
    isModelDefinition(value) && !own.some(({ definition }) => definition === value)
      ? [{ name: name === 'default' ? 'model' : name, definition: value }]
      : [],
  )
  for (const { name } of exported) checkModelName(name, `module ${path}`)
  const models = [...own, ...exported]
  if (models.length === 0)
    throw new UsageError(
      `module ${path}: has no model; write: export const direction = defineModel({ … }), or models: { direction } in its strategy`,
    )
  return { models, file }
}

/**
 * One model of a module: its only one, or that which is named.
 * @throws UsageError that lists what there is
 */
export async function loadModel(path: string, name: string | undefined): Promise<NamedModel & { file: string }> {
  const { models, file } = await loadModels(path)
  const names = models.map((one) => one.name)
  const found = name === undefined && models.length === 1 ? models[0] : models.find((one) => one.name === name)
  if (found !== undefined) return { ...found, file }
  if (name === undefined)
    throw new UsageError(`module ${path} has several models, ${names.join(', ')}: add --model ${names[0]}, or another`)
  throw new UsageError(
    `--model ${name}: ${path} has no such model${didYouMean(name, names)}; it has ${names.join(', ')}`,
  )
}
