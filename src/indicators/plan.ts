import { BAR_FIELDS, type Bar, type BarField, type Bars } from '../core/bar.ts'
import type { Grid, Indicator, IndicatorInput, Kernel } from '../core/indicator.ts'
import { STRETCH, Stretch } from './stretch.ts'

type Loop = (
  kernel: Kernel,
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
  from: number,
  to: number,
) => void

const loops = new WeakMap<object, Map<string, Loop>>()

/**
 * The batch form of a kernel that has only `next`: a loop over it. It is compiled once per kernel class, because a loop
 * shared by all classes would make `kernel.next` a megamorphic call, which costs more than most indicators do.
 */
function loopFor(kernel: Kernel, inputs: number, outputs: readonly string[]): Loop {
  const byShape = loops.get(kernel.constructor) ?? new Map<string, Loop>()
  loops.set(kernel.constructor, byShape)
  const shape = `${inputs}:${outputs.join()}`
  const known = byShape.get(shape)
  if (known !== undefined) return known
  const range = Array.from({ length: inputs }, (_, k) => k)
  const made = new Function(
    'kernel, inputs, outputs, from, to',
    `${range.map((k) => `const i${k} = inputs[${k}];`).join(' ')} ${outputs.map((_, k) => `const o${k} = outputs[${k}];`).join(' ')}
     for (let row = from; row < to; row++) {
       kernel.next(${range.map((k) => `i${k}[row]`).join(', ')})
       ${outputs.map((name, k) => `o${k}[row] = kernel[${JSON.stringify(name)}]`).join('; ')}
     }`,
  ) as Loop
  byShape.set(shape, made)
  return made
}

/** Name → output → one value per bar; NaN before the indicator has its lookback. */
export type Columns<I> = { readonly [K in keyof I]: Readonly<Record<string, Float64Array>> }

/** Computes declared indicators over whole columns; equal indicators (by key) are computed once. */
export function batchColumns<I extends Readonly<Record<string, Indicator>>>(indicators: I, bars: Bars): Columns<I> {
  const done = new Map<string, Readonly<Record<string, Float64Array>>>()
  const entries = Object.entries(indicators).map(([name, indicator]) => [name, compute(indicator, bars, done)])
  return Object.fromEntries(entries) as Columns<I>
}

function compute(
  indicator: Indicator,
  bars: Bars,
  done: Map<string, Readonly<Record<string, Float64Array>>>,
): Readonly<Record<string, Float64Array>> {
  const known = done.get(indicator.key)
  if (known !== undefined) return known
  const columns = indicator.inputs.map((input) =>
    typeof input === 'string' ? bars[input] : compute(input.indicator, bars, done)[input.output]!,
  )
  const outputs = indicator.outputs.map(() => new Float64Array(bars.length))
  computeColumns(indicator, columns, outputs, bars)
  const result = Object.fromEntries(indicator.outputs.map((name, k) => [name, outputs[k]!]))
  done.set(indicator.key, result)
  return result
}

/** Computes one indicator over whole columns: `outputs`, one a name of its outputs, are written throughout. */
export function computeColumns(
  indicator: Indicator,
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
  { length, priceDecimals }: Pick<Bars, 'length' | 'priceDecimals'>,
): void {
  const first = Math.min(length, firstInput(indicator))
  for (const output of outputs) output.fill(Number.NaN, 0, first)
  fillColumns(indicator, inputs, outputs, first, length, priceDecimals)
}

/** Runs a fresh kernel over rows [from, to) of its input columns, and writes those rows of the output columns. */
export function fillColumns(
  indicator: Indicator,
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
  from: number,
  to: number,
  priceDecimals: number,
): void {
  runKernel(indicator.create(gridOf(indicator.inputs, priceDecimals)), indicator, inputs, outputs, from, to)
}

/** Goes on with a kernel over rows [from, to) of its columns. */
export function runKernel(
  kernel: Kernel,
  { outputs: names }: Indicator,
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
  from: number,
  to: number,
): void {
  if (kernel instanceof Stretch)
    for (let row = from; row < to; row += STRETCH) kernel.run(inputs, outputs, row, Math.min(to, row + STRETCH))
  else loopFor(kernel, inputs.length, names)(kernel, inputs, outputs, from, to)
}

/** First row on which all inputs have a value: bar columns do from row 0, indicators from their lookback on. */
export function firstInput(indicator: Indicator): number {
  return Math.max(0, ...indicator.inputs.map((input) => (typeof input === 'string' ? 0 : input.indicator.lookback - 1)))
}

const PRICES: readonly IndicatorInput[] = ['open', 'high', 'low', 'close']

/** The prices among the inputs lie on the series' grid; a kernel that takes volume or time beside them knows which they are. */
export function gridOf(inputs: readonly IndicatorInput[], priceDecimals: number): Grid {
  const isGrid = inputs.some((input) => PRICES.includes(input)) && inputs.every((input) => typeof input === 'string')
  return { decimals: isGrid ? priceDecimals : null }
}

/** Steps the same kernels bar by bar: what live trading runs. */
export interface IndicatorStream<I> {
  push(bar: Pick<Bar, BarField>): void
  /**
   * The newest value of one output (`'value'` for single ones); NaN before the lookback.
   * @throws RangeError for a name or an output that was not declared
   */
  value(name: keyof I & string, output?: string): number
}

interface Node {
  readonly kernel: Kernel
  readonly names: readonly string[]
  readonly read: readonly (() => number)[]
  readonly first: number
  /** Columns of one row: what goes in and what comes out. */
  readonly inputs: readonly Float64Array[]
  readonly outputs: readonly Float64Array[]
}

export function streamIndicators<I extends Readonly<Record<string, Indicator>>>(
  indicators: I,
  priceDecimals: number,
): IndicatorStream<I> {
  const nodes = new Map<string, Node>()
  const current: Record<BarField, number> = { openTime: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 }
  const add = (indicator: Indicator): Node => {
    const known = nodes.get(indicator.key)
    if (known !== undefined) return known
    const read = indicator.inputs.map((input) => {
      if (typeof input === 'string') return () => current[input]
      const source = add(input.indicator)
      const column = source.outputs[source.names.indexOf(input.output)]!
      return () => column[0]!
    })
    const node = {
      kernel: indicator.create(gridOf(indicator.inputs, priceDecimals)),
      names: indicator.outputs,
      read,
      first: firstInput(indicator),
      inputs: read.map(() => new Float64Array(1)),
      outputs: indicator.outputs.map(() => new Float64Array(1).fill(Number.NaN)),
    }
    // sources were added first, so the map's order is the order of computation
    nodes.set(indicator.key, node)
    return node
  }
  const named = new Map(Object.entries(indicators).map(([name, indicator]) => [name, add(indicator)]))
  const order = [...nodes.values()]
  let row = -1
  return {
    push(bar) {
      row++
      for (const field of BAR_FIELDS) current[field] = bar[field]
      for (const node of order) if (row >= node.first) step(node)
    },
    value(name, output = 'value') {
      const node = named.get(name)
      const column = node?.outputs[node.names.indexOf(output)]
      if (column === undefined)
        throw new RangeError(`${name}.${output} is not declared; declared: ${[...named.keys()].join(', ') || 'none'}`)
      return column[0]!
    },
  }
}

function step({ kernel, names, read, inputs, outputs }: Node): void {
  for (let k = 0; k < read.length; k++) inputs[k]![0] = read[k]!()
  if (kernel instanceof Stretch) {
    kernel.run(inputs, outputs, 0, 1)
    return
  }
  const [a, b, c, d, e] = inputs
  kernel.next(a?.[0] ?? 0, b?.[0] ?? 0, c?.[0] ?? 0, d?.[0] ?? 0, e?.[0] ?? 0)
  const fields = kernel as unknown as Record<string, number>
  for (let k = 0; k < names.length; k++) outputs[k]![0] = fields[names[k]!]!
}
