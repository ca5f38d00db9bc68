import { didYouMean } from '../core/suggest.ts'

export type ParamValue = number | string | boolean

/** One declared parameter of a strategy: its default and what it may be. */
export type ParamSpec<T extends ParamValue = ParamValue> = NumberSpec<T> | BoolSpec<T> | ChoiceSpec<T>

interface NumberSpec<T> {
  readonly kind: 'int' | 'num'
  readonly default: T & number
  readonly min: number
  readonly max: number
}
interface BoolSpec<T> {
  readonly kind: 'bool'
  readonly default: T & boolean
}
interface ChoiceSpec<T> {
  readonly kind: 'choice'
  readonly default: T & string
  readonly options: readonly string[]
}

export type ParamSpecs = Readonly<Record<string, ParamSpec>>

/** The values a strategy gets: what each spec declares. */
export type ParamValues<P> = { readonly [K in keyof P]: P[K] extends ParamSpec<infer T> ? T : never }

interface Range {
  min?: number
  max?: number
}

/** A whole number, `min` ≤ value ≤ `max`. */
export function int(value: number, range: Range = {}): ParamSpec<number> {
  return numeric('int', value, range)
}

/** A number, `min` ≤ value ≤ `max`. */
export function num(value: number, range: Range = {}): ParamSpec<number> {
  return numeric('num', value, range)
}

export function bool(value: boolean): ParamSpec<boolean> {
  return { kind: 'bool', default: value }
}

/** One of a few words; the first is the default. */
export function choice<const T extends string>(...options: readonly [T, ...T[]]): ParamSpec<T> {
  return { kind: 'choice', default: options[0] as T & string, options }
}

function numeric(kind: 'int' | 'num', value: number, range: Range): ParamSpec<number> {
  const spec = { kind, default: value, min: range.min ?? -Infinity, max: range.max ?? Infinity }
  parseNumber('default', spec, value)
  return spec
}

const DEFAULTS = { int: 'number', num: 'number', bool: 'boolean', choice: 'string' } as const

/**
 * Types are not looked at when a strategy is run, and a parameter that is none would have no value: every comparison with it
 * is false, and the strategy does nothing.
 * @throws TypeError that names the parameter and quotes what stands there
 */
export function checkParamSpecs(who: string, specs: unknown): void {
  if (typeof specs !== 'object' || specs === null || Array.isArray(specs))
    throw new TypeError(`${who}: params must be an object such as { period: int(14) }, it is ${quoted(specs)}`)
  for (const [name, spec] of Object.entries(specs) as [string, Partial<ParamSpec> | null][]) {
    const type = DEFAULTS[spec?.kind as ParamSpec['kind']]
    if (type === undefined)
      throw new TypeError(
        `${who}: params.${name} is ${quoted(spec)}, which declares no parameter: write int(10), num(0.5), bool(true) or choice('a', 'b')`,
      )
    if (typeof spec!.default !== type)
      throw new TypeError(`${who}: params.${name}: its default is ${quoted(spec!.default)}; write a ${type}`)
  }
}

function quoted(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))
}

/**
 * The parameters of one run: declared defaults, overridden by what is given (text from a command line included).
 * @throws RangeError that names the parameter, quotes the value and says what is allowed
 */
export function resolveParams(
  strategy: { readonly name: string; readonly params: ParamSpecs },
  given: Readonly<Record<string, ParamValue>> = {},
): Readonly<Record<string, ParamValue>> {
  const names = Object.keys(strategy.params)
  for (const name of Object.keys(given))
    if (!Object.hasOwn(strategy.params, name))
      throw new RangeError(
        `strategy ${strategy.name} has no parameter "${name}"${didYouMean(name, names)}; ` +
          (names.length > 0 ? `it has ${names.join(', ')}` : 'it has none'),
      )
  const values: Record<string, ParamValue> = {}
  for (const name of names) {
    const spec = strategy.params[name]!
    values[name] = Object.hasOwn(given, name) ? parseParam(name, spec, given[name]!) : spec.default
  }
  return Object.freeze(values)
}

function parseParam(name: string, spec: ParamSpec, value: ParamValue): ParamValue {
  if (spec.kind === 'bool') {
    if (value === true || value === 'true') return true
    if (value === false || value === 'false') return false
    throw new RangeError(`parameter ${name} is "${value}": write true or false`)
  }
  if (spec.kind === 'choice') {
    if (spec.options.includes(String(value))) return value
    throw new RangeError(
      `parameter ${name} is "${value}"${didYouMean(String(value), spec.options)}: one of ${spec.options.join(', ')}`,
    )
  }
  return parseNumber(name, spec, value)
}

function parseNumber(
  name: string,
  spec: { readonly kind: 'int' | 'num'; readonly min: number; readonly max: number },
  value: ParamValue,
): number {
  const text = typeof value === 'string' ? value.trim() : value
  const n = typeof text === 'string' && text !== '' ? Number(text) : text
  if (typeof n !== 'number' || !Number.isFinite(n))
    throw new RangeError(`parameter ${name} is "${value}": write a number`)
  if (spec.kind === 'int' && !Number.isInteger(n))
    throw new RangeError(`parameter ${name} is ${value}: write a whole number`)
  if (n < spec.min || n > spec.max) throw new RangeError(`parameter ${name} is ${value}: it ${rangeText(spec)}`)
  return n
}

function rangeText({ min, max }: { readonly min: number; readonly max: number }): string {
  if (max === Infinity) return `must be at least ${min}`
  return min === -Infinity ? `must be at most ${max}` : `goes from ${min} to ${max}`
}
