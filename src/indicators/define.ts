import { BAR_FIELDS, type BarField } from '../core/bar.ts'
import type { Grid, Indicator, IndicatorInput, Kernel } from '../core/indicator.ts'
import { didYouMean } from '../core/suggest.ts'
import { type Ticks, ticksOf } from './grid.ts'
import { Stretch } from './stretch.ts'

/**
 * An indicator with one value a bar; `over` divides it by a field of the bar or another indicator: `atr(14).over('close')` is
 * ATR ÷ close, `sma(20).over(sma(50))` one average ÷ the other.
 */
export interface Single extends Indicator<'value'> {
  over(source: Source): Single
}

/** An indicator with several values a bar, each of which is an indicator too: `macd(12, 26, 9).histogram`. */
export type Multi<Output extends string> = Indicator<Output> & { readonly [K in Output]: Single }

/** What an indicator can be computed of: a column, a mean price, or another indicator. */
export type Source = Exclude<BarField, 'openTime'> | 'hl2' | 'hlc3' | 'ohlc4' | Indicator<'value'>

interface Shape {
  readonly name: string
  readonly args: readonly (number | string)[]
  readonly inputs: readonly (Source | 'openTime')[]
  /** Bars of input needed before the first value. */
  readonly lookback: number
  readonly create: (grid: Grid) => Kernel
}

export function single(shape: Shape): Single {
  const base = describe(shape, ['value'] as const)
  return Object.freeze({ ...base, over: (source: Source) => ratio(base, source) })
}

export function multi<const Output extends string>(
  shape: Shape & { readonly outputs: readonly Output[] },
): Multi<Output> {
  const base = describe(shape, shape.outputs)
  const parts = Object.fromEntries(shape.outputs.map((output) => [output, pick(base, output)]))
  return Object.freeze({ ...base, ...parts }) as Multi<Output>
}

function describe<Output extends string>(shape: Shape, outputs: readonly Output[]): Indicator<Output> {
  const inputs = shape.inputs.map((source) => inputOf(shape.name, source))
  const names = shape.inputs.map((source) => (typeof source === 'string' ? source : source.key))
  const before = Math.max(1, ...inputs.map((input) => (typeof input === 'string' ? 1 : input.indicator.lookback)))
  return {
    name: shape.name,
    key: `${shape.name}(${[...shape.args, ...names].join(', ')})`,
    inputs,
    outputs,
    lookback: shape.lookback + before - 1,
    create: shape.create,
  }
}

const MEANS = {
  hl2: ['high', 'low'],
  hlc3: ['high', 'low', 'close'],
  ohlc4: ['open', 'high', 'low', 'close'],
} as const
const COLUMNS: readonly string[] = BAR_FIELDS
const SOURCES = [...BAR_FIELDS.slice(1), ...Object.keys(MEANS)]

/** Whether it is what an indicator's function gives, with one value a bar or several. */
export function isIndicator(value: unknown): value is Indicator {
  const { inputs, outputs, lookback, create } = (value ?? {}) as Partial<Indicator>
  return Array.isArray(inputs) && Array.isArray(outputs) && typeof lookback === 'number' && typeof create === 'function'
}

/** What stands in the place of an indicator, in words. */
export function unlikeIndicator(value: unknown): string {
  if (typeof value === 'function') return `a function: write ${value.name || 'it'}(…), with its parameters`
  const shown = typeof value === 'object' && value !== null ? 'an object' : (JSON.stringify(value) ?? String(value))
  return `${shown}, which is no indicator: write one such as sma(20)`
}

/** @throws RangeError for a source that is no column, mean price or indicator with one value */
function inputOf(name: string, source: Source | 'openTime'): IndicatorInput {
  if (typeof source !== 'string') {
    if (!isIndicator(source)) throw new RangeError(`${name}: its source is ${unlikeIndicator(source)}`)
    if (source.outputs[0] !== 'value')
      throw new RangeError(
        `${name}: its source ${source.key} has ${source.outputs.length} values: name one of them, such as ${source.name}(…).${source.outputs[0]}`,
      )
    return { indicator: source, output: 'value' }
  }
  if (!Object.hasOwn(MEANS, source)) {
    if (!COLUMNS.includes(source))
      throw new RangeError(
        `${name}: source "${source}"${didYouMean(source, SOURCES)} is none of ${SOURCES.join(', ')}, and no indicator`,
      )
    return source as BarField
  }
  const fields = MEANS[source as keyof typeof MEANS]
  return {
    indicator: single({
      name: source,
      args: [],
      inputs: fields,
      lookback: 1,
      create: (grid) => new Mean(fields.length, ticksOf(grid)),
    }),
    output: 'value',
  }
}

/** Mean of two to four prices of the bar, exact on a grid. */
class Mean extends Stretch {
  readonly #count: number
  readonly #ticks: Ticks
  constructor(count: number, ticks: Ticks) {
    super()
    this.#count = count
    this.#ticks = ticks
  }
  run(prices: readonly Float64Array[], [out]: readonly [Float64Array], from: number, to: number): void {
    const { scale, round } = this.#ticks
    const divisor = this.#count * scale
    for (let row = from; row < to; row++) {
      let sum = 0
      for (let k = 0; k < this.#count; k++) sum += prices[k]![row]! * scale + round - round
      out[row] = sum / divisor
    }
  }
}

/** One output of an indicator with several. */
function pick(of: Indicator, output: string): Single {
  const base = describe({ name: output, args: [], inputs: [], lookback: 1, create: () => new Same() }, [
    'value',
  ] as const)
  const picked = { ...base, key: `${of.key}.${output}`, inputs: [{ indicator: of, output }], lookback: of.lookback }
  return Object.freeze({ ...picked, over: (source: Source) => ratio(picked, source) })
}

class Same implements Kernel {
  value = Number.NaN
  next(a: number): void {
    this.value = a
  }
}

function ratio(of: Indicator<'value'>, source: Source): Single {
  return single({ name: 'over', args: [], inputs: [of, source], lookback: 1, create: () => new Ratio() })
}

class Ratio implements Kernel {
  value = Number.NaN
  next(a: number, b: number): void {
    this.value = a / b
  }
}

/** Nineteen years of minutes: a longer window is a slip, and would only end in a failed allocation. */
const MOST_BARS = 10_000_000

/** @throws RangeError that quotes the value */
export function checkPeriod(name: string, period: number, least = 1): void {
  if (!Number.isInteger(period) || period < least || period > MOST_BARS)
    throw new RangeError(
      `${name} period ${typeof period === 'number' ? period : JSON.stringify(period)}: write a whole number from ${least} to ${MOST_BARS}`,
    )
}

/** @throws RangeError that quotes the value */
export function checkPositive(name: string, what: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(`${name} ${what} ${value}: write a number above 0`)
}
