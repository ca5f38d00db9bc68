import type { Params } from '../core/search.ts'
import { didYouMean } from '../core/suggest.ts'
import { bool, choice, int, num, type ParamSpec, type ParamSpecs, resolveParams } from '../engine/params.ts'
import { defineModel, type ModelDefinition } from './define-model.ts'
import { OWN_PARTS, type OwnPart, ownPart, type Part, type PartName, partsWithin } from './own-parts.ts'

const PARTS = Object.keys(OWN_PARTS) as PartName[]

/**
 * What of a definition can be searched, by path, with its present value as the default: `model.trees`, of an ensemble
 * `model.members.0.trees`, of a pipeline `scale.steps.1.scales`, of a list `scale.quantiles.0`, `label.horizon`,
 * `split.folds`, `validation` … These are numbers, truths and words of a few, of parts that are klinelab's own. Features are
 * a function, and another kind of part is another model: export several.
 */
export function searchable(definition: ModelDefinition): ParamSpecs {
  const { validation, calibration, calibrate, weights, missing, seed } = definition
  return {
    ...Object.assign({}, ...PARTS.map((name) => specsOfPart(name, name, definition[name]))),
    validation: num(validation, { min: 0, max: 0.5 }),
    calibration: num(calibration, { min: 0, max: 0.5 }),
    calibrate: oneOf(calibrate, ['none', 'platt', 'isotonic']),
    weights: oneOf(weights, ['equal', 'uniqueness']),
    missing: oneOf(missing, ['drop', 'keep']),
    seed: int(seed, { min: 0 }),
  }
}

/**
 * The definition with some of its settings changed, made anew by the constructors of its parts; what is not changed stays the
 * very same part.
 * @param params by paths of `searchable`; numbers may be text
 * @throws RangeError that names the path and the value
 */
export function varied(definition: ModelDefinition, params: Params): ModelDefinition {
  const specs = searchable(definition)
  const paths = Object.keys(params)
  for (const path of paths) if (!Object.hasOwn(specs, path)) throw unknownPath(definition, path, specs)
  const values = resolveParams({ name: 'model', params: specs }, params)
  const told = (of: readonly string[]) => of.map((path) => `${path}=${values[path]}`).join(', ')
  const parts = PARTS.map((name) => {
    const own = paths.filter((path) => path.startsWith(`${name}.`))
    const changes = own.map((path): Change => ({ at: path.split('.').slice(1), value: values[path]! }))
    return [name, refusedAs(told(own), () => remade(name, definition[name], changes))]
  })
  const { features, also, series } = definition
  const plain = ['validation', 'calibration', 'calibrate', 'weights', 'missing', 'seed'].map((key) => [
    key,
    paths.includes(key) ? values[key] : definition[key as keyof ModelDefinition],
  ])
  return refusedAs(told(paths), () =>
    defineModel({ ...{ features, also, series }, ...Object.fromEntries([...parts, ...plain]) }),
  )
}

/** A present value, and what else it may be. */
function oneOf(value: string, options: readonly string[]): ParamSpec {
  return choice(value, ...options.filter((other) => other !== value))
}

function specsOfPart(name: PartName, path: string, part: Part): Record<string, ParamSpec> {
  const own = ownPart(name, part)
  if (!own?.make) return {}
  const specs: Record<string, ParamSpec> = {}
  for (const [setting, value] of Object.entries(part.settings)) {
    const at = `${path}.${setting}`
    if (setting === own.within) continue
    if (Array.isArray(value))
      for (const [k, one] of value.entries()) put(specs, `${at}.${k}`, specOf(own, setting, one))
    else put(specs, at, specOf(own, setting, value))
  }
  for (const [k, inner] of partsWithin(name, part).entries())
    Object.assign(specs, specsOfPart(name, `${path}.${own.within}.${k}`, inner))
  return specs
}

function put(specs: Record<string, ParamSpec>, path: string, spec: ParamSpec | null): void {
  if (spec !== null) specs[path] = spec
}

/** `null` for what is neither a number, a truth nor one of a few words. */
function specOf({ whole = [], words = {} }: OwnPart, setting: string, value: unknown): ParamSpec | null {
  if (typeof value === 'boolean') return bool(value)
  if (typeof value === 'number') return whole.includes(setting) ? int(value) : num(value)
  const options = words[setting]
  return typeof value === 'string' && options !== undefined ? oneOf(value, options) : null
}

interface Change {
  /** Names and places, from the part on. */
  readonly at: readonly string[]
  readonly value: unknown
}

function remade(name: PartName, part: Part, changes: readonly Change[]): Part {
  if (changes.length === 0) return part
  const own = ownPart(name, part)!
  const settings: Record<string, unknown> = { ...part.settings }
  if (own.within !== undefined) delete settings[own.within]
  const inner: Change[][] = partsWithin(name, part).map(() => [])
  for (const { at, value } of changes) {
    const [setting, place, ...rest] = at as [string, ...string[]]
    if (setting === own.within) inner[Number(place)]!.push({ at: rest, value })
    else if (place === undefined) settings[setting] = value
    else settings[setting] = (settings[setting] as readonly unknown[]).with(Number(place), value)
  }
  const within = partsWithin(name, part).map((one, k) => remade(name, one, inner[k]!))
  const again = (of: object, these: readonly Part[]) => own.make!(of as never, these as never[], part as never)
  requireOwnCode(part, again(withoutWithin(own, part), partsWithin(name, part)))
  return again(settings, within)
}

function withoutWithin({ within }: OwnPart, { settings }: Part): object {
  return Object.fromEntries(Object.entries(settings).filter(([setting]) => setting !== within))
}

/**
 * A part that was wrapped goes by the kind of what it wraps, and made again it would be something else.
 * @throws RangeError where a function of it is not the one that its constructor gives it
 */
function requireOwnCode(part: Part, again: Part): void {
  const functions = (of: object) => Object.entries(of).filter(([, value]) => typeof value === 'function').map(String) // biome-ignore format: one thought
  if (functions(part).join('\n') !== functions(again).join('\n'))
    throw new RangeError(
      `it calls itself ${part.kind} and has code of its own, which cannot be made anew: leave the kind to klinelab's, or export several models`,
    )
}

/** What the constructor of a part refuses is said of the path. */
function refusedAs<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new RangeError(`${what}: ${(error as Error).message}`, { cause: error })
  }
}

function unknownPath(definition: ModelDefinition, path: string, specs: ParamSpecs): RangeError {
  const known = Object.keys(specs)
  return new RangeError(
    `a model's "${path}" cannot be searched${didYouMean(path, known)}: ${whyNot(definition, path) ?? `there are ${known.join(', ')}`}`,
  )
}

/** What keeps a path from being searched that is there; `null` where it is not. */
function whyNot(definition: ModelDefinition, path: string): string | null {
  const [name, ...rest] = path.split('.') as [string, ...string[]]
  if (['features', 'also', 'series'].includes(name)) return `export several models with other ${name} instead`
  if (!PARTS.includes(name as PartName)) return null
  let part: Part = definition[name as PartName]
  let at = name
  for (;;) {
    const own = ownPart(name as PartName, part)
    if (own === undefined)
      return `${at} is ${JSON.stringify(part.kind)}, which is not klinelab's own, so that it cannot be made anew`
    if (own.make === null) return `${at} is ${JSON.stringify(part.kind)}, which has learnt elsewhere`
    if (rest.length === 0) return `name a setting of it, or export several models for other kinds of ${name}`
    const [setting, place] = rest as [string, string | undefined]
    const inner = setting === own.within ? partsWithin(name as PartName, part)[Number(place)] : undefined
    if (inner === undefined) {
      if (setting === own.within || !Object.hasOwn(part.settings, setting)) return null
      return `it is ${JSON.stringify(part.settings[setting])}, and only numbers, true or false and words of a few can be: write one of these in the definition first`
    }
    part = inner
    at = `${at}.${setting}.${place}`
    rest.splice(0, 2)
  }
}
