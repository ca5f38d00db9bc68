import type { Dimension, Params } from '../core/search.ts'
import { didYouMean } from '../core/suggest.ts'
import { type ParamSpec, type ParamSpecs, resolveParams } from '../engine/params.ts'
import { inUnits, stepsBetween, unitsToNumber, type Value } from './space-axis.ts'

/** What `--set` says: what is searched, in the order in which it was written, and what is set to one value. */
export interface Space {
  readonly dimensions: readonly Dimension[]
  readonly fixed: Params
}

/**
 * Reads a whole list of settings, each `name=values`.
 * @param specs the parameters that are declared; `null` where none are known
 * @throws RangeError that names the setting and says what to write
 */
export function parseSpace(settings: readonly string[], specs: ParamSpecs | null): Space {
  const dimensions: Dimension[] = []
  const fixed: Record<string, Value> = {}
  const seen = new Map<string, string>()
  for (const setting of settings) {
    const equals = setting.indexOf('=')
    const name = equals < 0 ? '' : setting.slice(0, equals).trim()
    if (name === '')
      throw new RangeError(`--set ${setting}: write a name and its values, such as fast=10..100:10 or kind=ema,sma`)
    const known = Object.keys(specs ?? {})
    if (specs !== null && !Object.hasOwn(specs, name))
      throw new RangeError(
        `--set ${setting}: there is no parameter "${name}"${didYouMean(name, known)}; ` +
          (known.length > 0 ? `there are ${known.join(', ')}` : 'there are none'),
      )
    const before = seen.get(name)
    if (before !== undefined)
      throw new RangeError(`--set ${setting}: ${name} was set before, to ${before}; leave one of them out`)
    const text = setting.slice(equals + 1).trim()
    seen.set(name, text)
    const dimension = parseDimension(name, text, specs?.[name] ?? null)
    if (dimension.kind === 'list' && dimension.values.length === 1) fixed[name] = dimension.values[0]!
    else dimensions.push(dimension)
  }
  return { dimensions, fixed }
}

/**
 * Reads what a parameter is to be: `10..100:10` steps, `10..100` anything between, `0.001..1:log` the same on a logarithmic
 * scale, `10,20,40` a list. One value alone is a list of one.
 * Where nothing is declared, numbers written without a point are whole numbers.
 * @throws RangeError that quotes the setting and says what to write
 */
export function parseDimension(name: string, text: string, spec: ParamSpec | null): Dimension {
  const wrong = (what: string) => new RangeError(`--set ${name}=${text}: ${what}`)
  const read = (value: string): Value => {
    if (value === '') throw wrong(`a value is missing; write ${name}=VALUE or ${name}=ONE,OTHER`)
    try {
      if (spec === null) return plainValue(value)
      return resolveParams({ name, params: { [name]: spec } }, { [name]: value })[name]!
    } catch (error) {
      throw error instanceof RangeError ? wrong(error.message) : error
    }
  }
  const range = /^(.+?)\.\.(.+?)(?::(.*))?$/.exec(text)
  if (range === null || (spec?.kind === 'choice' && spec.options.includes(text)))
    return list(
      name,
      text.split(',').map((part) => read(part.trim())),
      wrong,
    )
  const [, first, last, step] = range.map((part) => part?.trim())
  const from = read(first!)
  const to = read(last!)
  if (typeof from !== 'number' || typeof to !== 'number')
    throw wrong(`only numbers have ranges; write a list, such as ${name}=${optionsOf(spec).join(',')}`)
  const isInt = spec === null ? [first, last, step].every((part) => !/[.]|e-/i.test(part ?? '')) : spec.kind === 'int'
  return rangeOf(name, { from: from + 0, to: to + 0, step, kind: isInt ? 'int' : 'num' }, wrong)
}

type Wrong = (what: string) => RangeError

function optionsOf(spec: ParamSpec | null): readonly string[] {
  if (spec?.kind === 'choice') return spec.options
  return spec?.kind === 'bool' ? ['true', 'false'] : ['ONE', 'OTHER']
}

/** A value of which nothing was declared. */
function plainValue(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  if (Number.isNaN(number) && text !== 'NaN') return text
  if (!Number.isFinite(number)) throw new RangeError(`"${text}" is not a finite number`)
  return number + 0
}

function list(name: string, values: readonly Value[], wrong: Wrong): Dimension {
  const twice = values.find((value, k) => values.indexOf(value) < k)
  if (twice !== undefined) throw wrong(`${twice} is listed twice; write it once`)
  const other = values.find((value) => typeof value !== typeof values[0])
  if (other !== undefined) throw wrong(`numbers and words cannot be mixed (${values[0]} and ${other})`)
  return { name, kind: 'list', values: values.map((value) => (typeof value === 'number' ? value + 0 : value)) }
}

interface RangeText {
  readonly from: number
  readonly to: number
  readonly step: string | undefined
  readonly kind: 'int' | 'num'
}

function rangeOf(name: string, { from, to, step: written, kind }: RangeText, wrong: Wrong): Dimension {
  // whoever counts down may have written a step below 0
  const tail = written === undefined ? '' : `:${written.replace(/^-/, '')}`
  if (from > to) throw wrong(`the range goes from ${from} down to ${to}; write ${name}=${to}..${from}${tail}`)
  if (kind === 'int' && !(Number.isSafeInteger(from) && Number.isSafeInteger(to)))
    throw wrong('whole numbers beyond 2^53 cannot be told apart; write smaller ones')
  if (written === undefined) return { name, kind, from, to, step: null, isLog: false }
  if (written === 'log') {
    if (from <= 0) throw wrong(`a logarithmic range begins above 0, not at ${from}`)
    return { name, kind, from, to, step: null, isLog: true }
  }
  const step = written === '' ? Number.NaN : Number(written)
  if (!Number.isFinite(step))
    throw wrong(`"${written}" is no step; write a number, as in ${name}=${from}..${to}:${niceStep(from, to)}, or log`)
  if (step <= 0) throw wrong(`a step is above 0, not ${step}; write ${name}=${from}..${to}:${niceStep(from, to)}`)
  if (kind === 'int' && !Number.isInteger(step))
    throw wrong(
      `${name} is a whole number, its step cannot be ${step}; write ${name}=${from}..${to}:${niceStep(from, to)}`,
    )
  const { steps, ends } = stepsBetween(from, to, step)
  if (!ends) throw wrong(notReaching(name, from, to, step, steps))
  const largest = Math.max(Math.abs(from), Math.abs(to))
  if (step < largest * 2 ** -52)
    throw wrong(`steps of ${step} cannot be told apart near ${largest}; take a wider one, or leave it out`)
  return { name, kind, from, to, step, isLog: false }
}

function notReaching(name: string, from: number, to: number, step: number, steps: bigint): string {
  if (steps === 0n) return `a step of ${step} is longer than the way from ${from} to ${to}; write ${name}=${from},${to}`
  const { units, decimals } = inUnits([from, step])
  const last = unitsToNumber(units[0]! + units[1]! * steps, decimals)
  return `steps of ${step} from ${from} come to ${last}, not to ${to}; write ${name}=${from}..${last}:${step}`
}

/** A step of 1, 2 or 5 × 10^k that leads from one number to the other in about ten. */
export function niceStep(from: number, to: number): number {
  const { units, decimals } = inUnits([from, to])
  const width = (units[1]! - units[0]!) * 10n
  if (width === 0n) return 1
  const steps: bigint[] = []
  for (let power = 1n; power <= width; power *= 10n)
    for (const digit of [1n, 2n, 5n]) if (width % (digit * power) === 0n) steps.push(digit * power)
  const far = (step: bigint) => Math.abs(Math.log(Number(width / step) / 10))
  // whole ends have whole steps: half a bar is no period
  const whole = decimals === 0 ? steps.filter((step) => step % 10n === 0n) : steps
  return unitsToNumber(
    whole.reduce((best, step) => (far(step) < far(best) ? step : best)),
    decimals + 1,
  )
}
