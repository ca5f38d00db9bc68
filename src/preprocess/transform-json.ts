import { didYouMean } from '../core/suggest.ts'
import { LIMIT } from './clip.ts'
import { type ColumnStep, ColumnTransform } from './column-transform.ts'
import { FILL, HOLD } from './impute.ts'
import { STRETCH } from './min-max-scaler.ts'
import { PipelineTransform } from './pipeline.ts'
import { SCALE } from './scale.ts'
import type { Transform } from './transform.ts'

const STEPS: readonly ColumnStep[] = [SCALE, STRETCH, LIMIT, FILL, HOLD]
const KINDS = [...STEPS.map(({ kind }) => kind), 'pipeline']

/**
 * The fitted step that `toJSON` described, with the same bits.
 * @param where what an error calls it, e.g. `model.json: pipeline`
 * @throws RangeError that says where and what is wrong with it
 */
export function transformFromJson(json: unknown, where = 'transform'): Transform {
  const refuse = (what: string): never => {
    throw new RangeError(`${where}: ${what}`)
  }
  if (typeof json !== 'object' || json === null) return refuse(`is ${JSON.stringify(json)}, not a fitted step`)
  const { kind, names, steps, numbers } = json as Readonly<Record<string, unknown>>
  if (!isListOf(names, (name): name is string => typeof name === 'string'))
    return refuse(`names are ${JSON.stringify(names)}, not a list of features`)
  if (kind === 'pipeline') {
    if (!Array.isArray(steps)) return refuse(`steps are ${JSON.stringify(steps)}, not a list`)
    const made = steps.map((step, k) => transformFromJson(step, `${where}.steps[${k}]`))
    const other = made.findIndex((step) => step.names.join('\n') !== names.join('\n'))
    if (other >= 0)
      return refuse(`steps[${other}] takes ${made[other]!.names.join(', ')}, the pipeline ${names.join(', ')}`)
    return new PipelineTransform(names, made)
  }
  const step = STEPS.find((one) => one.kind === kind)
  if (step === undefined)
    return refuse(`unknown kind ${JSON.stringify(kind)}${didYouMean(String(kind), KINDS)}; known: ${KINDS.join(', ')}`)
  const given = (typeof numbers === 'object' && numbers !== null ? numbers : {}) as Readonly<Record<string, unknown>>
  const kept: Record<string, readonly number[]> = {}
  for (const name of step.numbers) {
    const list = given[name]
    if (!isListOf(list, Number.isFinite as (value: unknown) => value is number) || list.length !== names.length)
      return refuse(`numbers.${name} is ${JSON.stringify(list)}, not ${names.length} finite numbers`)
    kept[name] = list
  }
  return new ColumnTransform(step, names, kept)
}

function isListOf<T>(value: unknown, isOne: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every((item) => isOne(item))
}
