import type { Bars } from '../core/bar.ts'
import type { Indicator, Kernel } from '../core/indicator.ts'
import { type Columns, firstInput, gridOf, runKernel } from './plan.ts'

/** Rows computed at once: a view of each input is made for them, which a row then pays a fraction of a byte for. */
const CHUNK = 4096

/** A ring holds the chunk at hand and the one before it, in which the row before the first one lies. */
const RING = 2 * CHUNK

interface Node {
  readonly indicator: Indicator
  readonly kernel: Kernel
  /** First row on which its inputs have values. */
  readonly first: number
  readonly rings: readonly Float64Array[]
  /** What `runKernel` is given, for even chunks and for odd ones. */
  readonly halves: readonly [Half, Half]
}

interface Half {
  /** Columns of the bar are set anew for every chunk, outputs of other indicators stay. */
  readonly inputs: Float64Array[]
  readonly outputs: readonly Float64Array[]
}

/**
 * Declared indicators computed as a run gets to them. Row r of an output lies at `r & mask` of its column, which keeps the
 * newest rows only. Whole columns cost a run of a million bars more time in page faults than in arithmetic.
 */
export class RingColumns<I extends Readonly<Record<string, Indicator>>> {
  readonly mask = RING - 1
  readonly columns: Columns<I>
  readonly #bars: Bars
  readonly #nodes = new Map<string, Node>()
  /** Rows computed so far. */
  #end = 0

  constructor(indicators: I, bars: Bars) {
    this.#bars = bars
    const entries = Object.entries(indicators).map(([name, indicator]) => {
      const { rings } = this.#node(indicator)
      return [name, Object.fromEntries(indicator.outputs.map((output, k) => [output, rings[k]!]))]
    })
    this.columns = Object.fromEntries(entries) as Columns<I>
  }

  /**
   * Computes rows until `row` is among them, and returns the first that is not. Rows can only be asked for in order, and only such as
   * there are: of bars that grow a chunk is filled as far as they go, and gone on with later.
   */
  fillTo(row: number): number {
    while (this.#end <= row) this.#fillChunk()
    return this.#end
  }

  #fillChunk(): void {
    const from = this.#end % CHUNK
    const start = this.#end - from
    const to = Math.min(CHUNK, this.#bars.length - start)
    if (to <= from) throw new RangeError(`row ${this.#end} is asked for, and there are ${this.#bars.length} bars`)
    const parity = (start / CHUNK) % 2
    // sources were added before what is made of them
    for (const { indicator, kernel, first, halves } of this.#nodes.values()) {
      const { inputs, outputs } = halves[parity]!
      const known = Math.max(from, Math.min(to, first - start))
      for (const output of outputs) output.fill(Number.NaN, from, known)
      // to the end of the column, so that a view of one that grows sees the rows to come
      if (from === 0)
        indicator.inputs.forEach((input, k) => {
          if (typeof input === 'string') inputs[k] = this.#bars[input].subarray(start)
        })
      runKernel(kernel, indicator, inputs, outputs, known, to)
    }
    this.#end = start + to
  }

  #node(indicator: Indicator): Node {
    const known = this.#nodes.get(indicator.key)
    if (known !== undefined) return known
    const sources = indicator.inputs.map((input) => (typeof input === 'string' ? null : this.#node(input.indicator)))
    const rings = indicator.outputs.map(() => new Float64Array(RING).fill(Number.NaN))
    const half = (parity: 0 | 1): Half => ({
      inputs: indicator.inputs.map((input, k) =>
        typeof input === 'string'
          ? EMPTY
          : sources[k]!.halves[parity].outputs[input.indicator.outputs.indexOf(input.output)]!,
      ),
      outputs: rings.map((ring) => ring.subarray(parity * CHUNK, (parity + 1) * CHUNK)),
    })
    const node: Node = {
      indicator,
      kernel: indicator.create(gridOf(indicator.inputs, this.#bars.priceDecimals)),
      first: firstInput(indicator),
      rings,
      halves: [half(0), half(1)],
    }
    this.#nodes.set(indicator.key, node)
    return node
  }
}

const EMPTY = new Float64Array(0)
